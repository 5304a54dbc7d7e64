import { problemOf, unreachable } from './problem';

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/`. */
  path: string;
  body?: unknown;
  /** The Idempotency-Key: the same key again has one effect. */
  op?: string;
  /** What a good answer is read as; JSON unless said otherwise. */
  as?: 'text';
}

/** A request to the API; rejects with a Problem, never with anything else. */
export type Http = <T>(ask: Ask) => Promise<T>;

/** The slowest answer that is waited for. */
const PATIENCE = 20_000;

/** The CSRF token of a cookie header; the `__Host-` name is used under https. */
export function csrfToken(cookies: string): string | null {
  return /(?:^|;\s*)(?:__Host-)?csrftoken=([^;]*)/.exec(cookies)?.[1] ?? null;
}

function headersOf(ask: Ask): Headers {
  const { method, body, op } = ask;
  const headers = new Headers({ Accept: ask.as === 'text' ? '*/*' : 'application/json' });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  if (op !== undefined) headers.set('Idempotency-Key', op);
  const token = method === 'GET' ? null : csrfToken(document.cookie);
  if (token !== null) headers.set('X-CSRFToken', token);
  return headers;
}

async function exchange(ask: Ask): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(`/api/${ask.path}`, {
      method: ask.method,
      headers: headersOf(ask),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE),
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
    return { response, text: await response.text() };
  } catch {
    throw unreachable();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const http: Http = async <T>(ask: Ask): Promise<T> => {
  const { response, text } = await exchange(ask);
  if (response.ok && ask.as === 'text') return text as T;
  const body = text === '' ? null : parse(text);
  if (!response.ok) {
    throw problemOf(response.status, body, response.headers.get('Retry-After'));
  }
  return body as T;
};
