/** A row that forbids what was asked, and why: "was changed since". */
export interface Blocked {
  name: string;
  reason: string;
}

/** A list that stands in the way. */
export interface BlockingList {
  id: string;
  name: string;
}

/** Why a request failed: the server's own words (RFC 9457), or no answer at all. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: Readonly<Record<string, readonly string[]>> = {},
    /** Seconds to wait, where the server said so. */
    readonly retryAfter: number | null = null,
    /** Rows that stand in the way, by name. */
    readonly rows: readonly Blocked[] = [],
    /** Lists that do. */
    readonly lists: readonly BlockingList[] = [],
  ) {
    super(message);
  }

  /** No one is signed in any more: the same request may succeed after signing in. */
  get signedOut(): boolean {
    if (this.status === 401) return true;
    return this.status === 403 && /^(not_authenticated|authentication_failed)$/.test(this.code);
  }

  /** The request was understood and will not be done: asking again is useless. */
  get final(): boolean {
    const passing = this.status === 408 || this.status === 425 || this.status === 429;
    return this.status >= 400 && this.status < 500 && !passing && !this.signedOut;
  }
}

/** No connection, or the connection broke: the request may or may not have been done. */
export const UNREACHABLE = 0;

export function unreachable(): Problem {
  return new Problem(UNREACHABLE, 'unreachable', 'The server cannot be reached.');
}

interface Body {
  title?: unknown;
  detail?: unknown;
  code?: unknown;
  errors?: unknown;
  rows?: unknown;
  lists?: unknown;
}

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Read a failed response. A proxy's HTML page gives the status only. */
export function problemOf(status: number, body: unknown, retryAfter: string | null): Problem {
  const said: Body = typeof body === 'object' && body !== null ? body : {};
  const errors = fieldErrors(said.errors);
  const first = Object.values(errors)[0]?.[0];
  const message = text(said.detail) ?? first ?? text(said.title) ?? `The server said ${status}.`;
  const seconds = Number(retryAfter ?? NaN);
  return new Problem(
    status,
    text(said.code) ?? '',
    message,
    errors,
    Number.isFinite(seconds) ? seconds : null,
    blockedRows(said.rows),
    blockingLists(said.lists),
  );
}

function blockedRows(rows: unknown): Blocked[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: Partial<Record<keyof Blocked, unknown>> | null) => {
    const name = text(row?.name);
    const reason = text(row?.reason);
    return name !== null && reason !== null ? [{ name, reason }] : [];
  });
}

function blockingLists(lists: unknown): BlockingList[] {
  if (!Array.isArray(lists)) return [];
  return lists.flatMap((one: Partial<Record<keyof BlockingList, unknown>> | null) => {
    const id = text(one?.id);
    const name = text(one?.name);
    return id !== null && name !== null ? [{ id, name }] : [];
  });
}

function fieldErrors(errors: unknown): Record<string, string[]> {
  if (typeof errors !== 'object' || errors === null) return {};
  return Object.fromEntries(
    Object.entries(errors).map(([field, said]) => [
      field,
      (Array.isArray(said) ? said : [said]).map(String),
    ]),
  );
}
