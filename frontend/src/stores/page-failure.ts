import { http } from '../net/http';
import type { PageFailure } from '../protocol/rest';

/** A page whose failure repeats reports the first ones. */
const MAX_REPORTS = 5;
const MAX_CALLS = 6;
const CALL = /:\d+:\d+\)?$/;
const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/gi;
const NOT_IN_NAME = /[^\w$.:/-]+/g;
// The server takes no control characters, line breaks and characters that override the direction.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;
/** The chunk of a call. What several pages need and the entries say nothing about the part. */
const CHUNK = /\/assets\/(?!shared-|lists-|dashboard-|wall-)([\w.]+?)-[\w-]+\.js/;

const reported = new Set<string>();

const nameOf = (text: string): string => text.replace(NOT_IN_NAME, '').slice(0, 100) || '-';

const lineOf = (text: string, length: number): string =>
  Array.from(text.replace(CONTROL, ' ')).slice(0, length).join('').trim();

/** What the server's log gets of an exception. Pure. `entry` is the address of the page's script. */
export function describeFailure(error: unknown, path: string, entry: string): PageFailure {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const calls = stack.split('\n').filter((line) => CALL.test(line));
  const part = calls.map((call) => CHUNK.exec(call)?.[1]).find((each) => each !== undefined);
  const innermost = calls.slice(0, MAX_CALLS).map((call) => call.trim());
  return {
    page: nameOf(path.replace(ID, ':id')),
    part: nameOf(part ?? ''),
    name: nameOf(name),
    message: lineOf(message, 300),
    stack: lineOf(innermost.join(', ').replaceAll(/https?:\/\/[^/\s]+/g, ''), 500),
    build: nameOf(entry.split('/').at(-1) ?? ''),
  };
}

/** Report an exception that ended a part of the page to the server's log. */
export async function reportFailure(error: unknown): Promise<void> {
  if (document.querySelector('meta[name="trolley-session"]')) return;
  const entry = document.querySelector<HTMLScriptElement>('script[type="module"]')?.src ?? '';
  const body = describeFailure(error, location.pathname, entry);
  const key = JSON.stringify(body);
  if (reported.has(key) || reported.size >= MAX_REPORTS) return;
  reported.add(key);
  await http({ method: 'POST', path: 'page-failures/', body }).catch(() => null);
}
