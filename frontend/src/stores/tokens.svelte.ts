import type { Api } from '../net/api';
import { uuid } from '../net/uuid';
import type { MadeToken, Scope, Token, TokenWish } from '../protocol/rest';
import { ago } from './ago';
import { Attempt } from './attempt.svelte';
import { leftUntil } from './invite';

const DAY = 24 * 60 * 60;

/** What a token may do, weakest first: each may do what the ones before it may. */
export const SCOPES: readonly { scope: Scope; word: string }[] = [
  { scope: 'read', word: 'look, and change nothing' },
  { scope: 'tick', word: 'look and tick' },
  { scope: 'write', word: 'do all that you may' },
];

/** How long a token may be good for, in seconds; null: until it is revoked. */
export const LIVES: readonly { seconds: number | null; word: string }[] = [
  { seconds: 7 * DAY, word: '7 days' },
  { seconds: 30 * DAY, word: '30 days' },
  { seconds: 365 * DAY, word: '1 year' },
  { seconds: null, word: 'until you revoke it' },
];

export const USUAL: TokenWish = { name: '', scope: 'write', list: null, expires_in: 365 * DAY };

const SHORT: Record<Scope, string> = { read: 'Can look', tick: 'Can tick', write: 'Can do all' };

/** "Can tick · Groceries only · used 2 min ago · 6 days left". */
export function stateOf(token: Token, listName: string | null, now: number): string {
  const { scope, list, last_used_at, expires_at } = token;
  const said = [
    SHORT[scope],
    list === null ? null : `${listName ?? 'one list'} only`,
    last_used_at === null ? 'never used' : `used ${ago(last_used_at, now)}`,
    expires_at === null ? null : leftUntil(expires_at, now),
  ];
  return said.filter((part) => part !== null).join(' · ');
}

/** The tokens by which somebody's scripts come in. */
export class Tokens {
  /** Newest first; null until they were read. */
  all = $state.raw<readonly Token[] | null>(null);
  /** The one that was just made: its secret is nowhere else. */
  made = $state.raw<MadeToken | null>(null);
  readonly attempt = new Attempt();
  /** The wish that was sent and not answered: asked again, it has one effect. */
  #asked: { op: string; wish: string } | null = null;

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.attempt.run(() => this.#read());
  }

  /** Resolves to whether it was made. */
  async make(wish: TokenWish): Promise<boolean> {
    const said = JSON.stringify(wish);
    if (this.#asked?.wish !== said) this.#asked = { op: uuid(), wish: said };
    const { op } = this.#asked;
    await this.attempt.run(async () => {
      this.made = await this.api.makeToken(wish, op);
      this.#asked = null;
      await this.#read();
    });
    return this.attempt.done;
  }

  async revoke({ id }: Token): Promise<void> {
    await this.attempt.run(async () => {
      await this.api.revokeToken(id);
      if (this.made?.id === id) this.made = null;
      await this.#read();
    });
  }

  async #read(): Promise<void> {
    this.all = await this.api.tokens();
  }
}
