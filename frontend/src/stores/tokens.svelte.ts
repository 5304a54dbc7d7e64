import type { Api } from '../net/api';
import { uuid } from '../net/uuid';
import type { CreatedToken, Scope, Token, TokenRequest } from '../protocol/rest';
import { relativeTime } from './relative-time';
import { FormSubmission } from './form-submission.svelte';
import { remainingTime } from './invite';

const DAY = 24 * 60 * 60;

/** What a token may do, weakest first: each may do what the ones before it may. */
export const SCOPES: readonly { scope: Scope; label: string }[] = [
  { scope: 'read', label: 'look, and change nothing' },
  { scope: 'tick', label: 'look and tick' },
  { scope: 'write', label: 'do all that you may' },
];

/** How long a token may be good for, in seconds; null: until it is revoked. */
export const LIFETIMES: readonly { seconds: number | null; label: string }[] = [
  { seconds: 7 * DAY, label: '7 days' },
  { seconds: 30 * DAY, label: '30 days' },
  { seconds: 365 * DAY, label: '1 year' },
  { seconds: null, label: 'until you revoke it' },
];

export const DEFAULT_TOKEN: TokenRequest = {
  name: '',
  scope: 'write',
  list: null,
  expires_in: 365 * DAY,
};

const SCOPE_LABELS: Record<Scope, string> = {
  read: 'Can look',
  tick: 'Can tick',
  write: 'Can do all',
};

/** "Can tick · Groceries only · used 2 min ago · 6 days left". */
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

/** The tokens by which somebody's scripts come in. */
export class Tokens {
  /** Newest first; null until they were read. */
  all = $state.raw<readonly Token[] | null>(null);
  /** The one that was just made: its secret is nowhere else. */
  created = $state.raw<CreatedToken | null>(null);
  readonly submission = new FormSubmission();
  /** The wish that was sent and not answered: asked again, it has one effect. */
  #asked: { op: string; wish: string } | null = null;

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  /** Resolves to whether it was made. */
  async create(token: TokenRequest): Promise<boolean> {
    const said = JSON.stringify(token);
    if (this.#asked?.wish !== said) this.#asked = { op: uuid(), wish: said };
    const { op } = this.#asked;
    await this.submission.run(async () => {
      this.created = await this.api.createToken(token, op);
      this.#asked = null;
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
