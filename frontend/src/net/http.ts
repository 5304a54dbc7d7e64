import { parseProblem, unreachableProblem, type Problem } from './problem';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path below `/api/`. */
  path: string;
  body?: unknown;
  /** The Idempotency-Key: requests with the same key have one effect. */
  op?: string;
  /** The entity tag that the row must still have. */
  ifMatch?: string;
  /** The entity tag of a response that is known already. */
  ifNoneMatch?: string;
  /** The format of a successful response. The default is JSON. */
  responseType?: 'text';
}

/** Sends a request to the API. Rejects with a Problem, never with anything else. */
export type Http = <T>(request: HttpRequest) => Promise<T>;

const REQUEST_TIMEOUT = 20_000;

/** The CSRF token of a cookie header. Under https the cookie's name begins with `__Host-`. */
export function csrfToken(cookies: string): string | null {
  return /(?:^|;\s*)(?:__Host-)?trolley_csrftoken=([^;]*)/.exec(cookies)?.[1] ?? null;
}

function buildHeaders(request: HttpRequest): Headers {
  const { method, body, op } = request;
  const headers = new Headers({
    Accept: request.responseType === 'text' ? '*/*' : 'application/json',
  });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  if (op !== undefined) headers.set('Idempotency-Key', op);
  if (request.ifMatch !== undefined) headers.set('If-Match', request.ifMatch);
  if (request.ifNoneMatch !== undefined) headers.set('If-None-Match', request.ifNoneMatch);
  const token = method === 'GET' ? null : csrfToken(document.cookie);
  if (token !== null) headers.set('X-CSRFToken', token);
  return headers;
}

/** Get the cookie of the CSRF token, which a page from the service worker does not bring along. */
async function ensureCsrfCookie({ method }: HttpRequest): Promise<void> {
  if (method === 'GET' || csrfToken(document.cookie) !== null) return;
  await fetch('/', { method: 'HEAD', cache: 'no-store', credentials: 'same-origin' });
}

/** Send a request. Rejects with a Problem only if no response comes. */
export async function sendRequest(
  request: HttpRequest,
): Promise<{ response: Response; text: string }> {
  try {
    await ensureCsrfCookie(request);
    const response = await fetch(`/api/${request.path}`, {
      method: request.method,
      headers: buildHeaders(request),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    return { response, text: await response.text() };
  } catch {
    throw unreachableProblem();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A response without a body may name the version of its change in a header. */
function versionOf({ headers }: Response): { version: number } | null {
  const version = headers.get('Trolley-Version');
  return version === null ? null : { version: Number(version) };
}

/** The server speaks English. In other languages the app has its own words for a problem. */
async function translated(problem: Problem): Promise<Problem> {
  if (__LOCALE__ === 'en') return problem;
  try {
    const { inOwnWords } = await import('./problem-words');
    return inOwnWords(problem);
  } catch {
    return problem;
  }
}

export const http: Http = async <T>(request: HttpRequest): Promise<T> => {
  const { response, text } = await sendRequest(request);
  if (response.ok && request.responseType === 'text') return text as T;
  const body = text === '' ? null : parseJson(text);
  if (!response.ok) {
    const retryAfter = response.headers.get('Retry-After');
    throw await translated(parseProblem(response.status, body, retryAfter));
  }
  return (body ?? versionOf(response)) as T;
};
