import type { Api } from '../net/api';
import type { CreatedToken, Scope, Token, TokenRequest } from '../protocol/rest';
import { relativeTime } from './relative-time';
import { FormSubmission } from './form-submission.svelte';
import { remainingTime } from './invite';
import { RequestKey } from './request-key';

const DAY = 24 * 60 * 60;

/** The access that a token gives. `metrics` is apart, the others include the ones before. */
export const SCOPES: readonly { scope: Scope; label: string }[] = [
  { scope: 'read', label: 'view only' },
  { scope: 'tick', label: 'view and tick' },
  { scope: 'write', label: 'full access' },
  { scope: 'metrics', label: 'metrics for monitoring' },
];

/** The lifetimes of a token. Null: it does not expire. */
export const LIFETIMES: readonly { seconds: number | null; label: string }[] = [
  { seconds: 7 * DAY, label: 'in 7 days' },
  { seconds: 30 * DAY, label: 'in 30 days' },
  { seconds: 365 * DAY, label: 'in 1 year' },
  { seconds: null, label: 'never' },
];

export const DEFAULT_TOKEN: TokenRequest = {
  name: '',
  scope: 'write',
  list: null,
  expires_in: 365 * DAY,
};

const SCOPE_LABELS: Record<Scope, string> = {
  read: 'Can view',
  tick: 'Can tick',
  write: 'Full access',
  metrics: 'Metrics only',
};

/** The status of a token: "Can tick · Groceries only · used 2 min ago · 6 days left". */
export function tokenStatus(token: Token, listName: string | null, now: number): string {
  const { scope, list, last_used_at, expires_at } = token;
  const parts = [
    SCOPE_LABELS[scope],
    list === null ? null : `${listName ?? 'one list'} only`,
    last_used_at === null ? 'never used' : `used ${relativeTime(last_used_at, now)}`,
    expires_at === null ? null : remainingTime(expires_at, now),
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** The API tokens of the user. */
export class Tokens {
  /** Newest first. Null until they are loaded. */
  all = $state.raw<readonly Token[] | null>(null);
  /** The token that was just created. Its secret is kept only here. */
  created = $state.raw<CreatedToken | null>(null);
  readonly submission = new FormSubmission();
  readonly #requestKey = new RequestKey();

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  /** Resolves to whether it was created. */
  async create(token: TokenRequest): Promise<boolean> {
    const key = this.#requestKey.keyFor(token);
    await this.submission.run(async () => {
      this.created = await this.api.createToken(token, key);
      this.#requestKey.clear();
      await this.#refresh();
    });
    return this.submission.isDone;
  }

  async revoke({ id }: Token): Promise<void> {
    await this.submission.run(async () => {
      await this.api.revokeToken(id);
      if (this.created?.id === id) this.created = null;
      await this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    this.all = await this.api.getTokens();
  }
}
