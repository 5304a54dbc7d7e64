import * as m from '#messages';
/** A row that prevents the request, and the reason, such as "was changed since". */
export interface BlockingRow {
  name: string;
  reason: string;
}

/** A list that prevents the request. */
export interface BlockingList {
  id: string;
  name: string;
}

/** Why a request failed: the server's problem details (RFC 9457), or no response at all. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: Readonly<Record<string, readonly string[]>> = {},
    /** The seconds to wait before the next try, if the server sent them. */
    readonly retryAfter: number | null = null,
    /** The rows that prevent the request. */
    readonly rows: readonly BlockingRow[] = [],
    /** The lists that prevent the request. */
    readonly lists: readonly BlockingList[] = [],
  ) {
    super(message);
  }

  /** The user is signed out. The same request may succeed after a sign-in. */
  get isSignedOut(): boolean {
    if (this.status === 401) return true;
    return this.status === 403 && /^(not_authenticated|authentication_failed)$/.test(this.code);
  }

  /** The server refused the request. The same request cannot succeed later. */
  get isFinal(): boolean {
    const isTemporary = this.status === 408 || this.status === 425 || this.status === 429;
    return this.status >= 400 && this.status < 500 && !isTemporary && !this.isSignedOut;
  }
}

/** There was no response. The server may or may not have carried out the request. */
export const UNREACHABLE_STATUS = 0;

export function unreachableProblem(): Problem {
  return new Problem(UNREACHABLE_STATUS, 'unreachable', m.unreachable());
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

/** Read a failed response. For a proxy's HTML page, only the status is known. */
export function parseProblem(status: number, body: unknown, retryAfter: string | null): Problem {
  const problem: ProblemBody = typeof body === 'object' && body !== null ? body : {};
  const errors = fieldErrors(problem.errors);
  const first = Object.values(errors)[0]?.[0];
  const message =
    nonEmptyString(problem.detail) ??
    first ??
    nonEmptyString(problem.title) ??
    m.server_status({ status });
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
