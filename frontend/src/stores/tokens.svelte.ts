import * as m from '#messages';
import type { Api } from '../net/api';
import type { CreatedToken, Scope, Token, TokenRequest } from '../protocol/rest';
import { relativeTime } from './relative-time';
import { FormSubmission } from './form-submission.svelte';
import { remainingTime } from './invite';
import { RequestKey } from './request-key';

const DAY = 24 * 60 * 60;

/** The access that a token gives. `metrics` is apart, the others include the ones before. */
export const SCOPES: readonly { scope: Scope; label: string }[] = [
  { scope: 'read', label: m.token_scope_read() },
  { scope: 'tick', label: m.token_scope_tick() },
  { scope: 'write', label: m.token_scope_write() },
  { scope: 'metrics', label: m.token_scope_metrics() },
];

/** The lifetimes of a token. Null: it does not expire. */
export const LIFETIMES: readonly { seconds: number | null; label: string }[] = [
  { seconds: 7 * DAY, label: m.expires_in_days({ count: 7 }) },
  { seconds: 30 * DAY, label: m.expires_in_days({ count: 30 }) },
  { seconds: 365 * DAY, label: m.expires_in_years({ count: 1 }) },
  { seconds: null, label: m.expires_never() },
];

export const DEFAULT_TOKEN: TokenRequest = {
  name: '',
  scope: 'write',
  list: null,
  expires_in: 365 * DAY,
};

const SCOPE_LABELS: Record<Scope, string> = {
  read: m.token_status_read(),
  tick: m.token_status_tick(),
  write: m.token_status_write(),
  metrics: m.token_status_metrics(),
};

/** The status of a token: "Can tick · Groceries only · used 2 min ago · 6 days left". */
export function tokenStatus(token: Token, listName: string | null, now: number): string {
  const { scope, list, last_used_at, expires_at } = token;
  const parts = [
    SCOPE_LABELS[scope],
    list === null ? null : listText(listName),
    last_used_at === null
      ? m.token_never_used()
      : m.token_used({ when: relativeTime(last_used_at, now) }),
    expires_at === null ? null : remainingTime(expires_at, now),
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

function listText(name: string | null): string {
  return name === null ? m.token_status_one_list() : m.token_status_list({ name });
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
