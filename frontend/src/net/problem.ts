/** A row that forbids what was asked, and why: "was changed since". */
export interface BlockingRow {
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
    readonly rows: readonly BlockingRow[] = [],
    /** Lists that do. */
    readonly lists: readonly BlockingList[] = [],
  ) {
    super(message);
  }

  /** No one is signed in any more: the same request may succeed after signing in. */
  get isSignedOut(): boolean {
    if (this.status === 401) return true;
    return this.status === 403 && /^(not_authenticated|authentication_failed)$/.test(this.code);
  }

  /** The request was understood and will not be done: asking again is useless. */
  get isFinal(): boolean {
    const isTemporary = this.status === 408 || this.status === 425 || this.status === 429;
    return this.status >= 400 && this.status < 500 && !isTemporary && !this.isSignedOut;
  }
}

/** No connection, or the connection broke: the request may or may not have been done. */
export const UNREACHABLE_STATUS = 0;

export function unreachableProblem(): Problem {
  return new Problem(UNREACHABLE_STATUS, 'unreachable', 'The server cannot be reached.');
}

/** What to tell the user about a failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  code?: unknown;
  errors?: unknown;
  rows?: unknown;
  lists?: unknown;
}

const nonEmptyString = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Read a failed response. A proxy's HTML page gives the status only. */
export function parseProblem(status: number, body: unknown, retryAfter: string | null): Problem {
  const problem: ProblemBody = typeof body === 'object' && body !== null ? body : {};
  const errors = fieldErrors(problem.errors);
  const first = Object.values(errors)[0]?.[0];
  const message =
    nonEmptyString(problem.detail) ??
    first ??
    nonEmptyString(problem.title) ??
    `The server said ${status}.`;
  const seconds = Number(retryAfter ?? NaN);
  return new Problem(
    status,
    nonEmptyString(problem.code) ?? '',
    message,
    errors,
    Number.isFinite(seconds) ? seconds : null,
    blockingRows(problem.rows),
    blockingLists(problem.lists),
  );
}

function blockingRows(rows: unknown): BlockingRow[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: Partial<Record<keyof BlockingRow, unknown>> | null) => {
    const name = nonEmptyString(row?.name);
    const reason = nonEmptyString(row?.reason);
    return name !== null && reason !== null ? [{ name, reason }] : [];
  });
}

function blockingLists(lists: unknown): BlockingList[] {
  if (!Array.isArray(lists)) return [];
  return lists.flatMap((list: Partial<Record<keyof BlockingList, unknown>> | null) => {
    const id = nonEmptyString(list?.id);
    const name = nonEmptyString(list?.name);
    return id !== null && name !== null ? [{ id, name }] : [];
  });
}

function fieldErrors(errors: unknown): Record<string, string[]> {
  if (typeof errors !== 'object' || errors === null) return {};
  return Object.fromEntries(
    Object.entries(errors).map(([field, messages]) => [
      field,
      (Array.isArray(messages) ? messages : [messages]).map(String),
    ]),
  );
}
