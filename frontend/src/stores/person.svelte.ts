import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import type { Me } from '../protocol/rest';
import type { Engine } from '../sync/engine';

/** Who is at this browser, and how they come and go. */
export class Person {
  /** `asking`: not known yet. `away`: the server does not answer. */
  state = $state<'asking' | 'in' | 'out' | 'away'>('asking');
  me = $state.raw<Me | null>(null);

  #asked = 0;
  /** Becoming an account: until it is done, the old cookie would be nobody's. */
  #becoming: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
  ) {
    engine.listen((news) => {
      for (const one of news) {
        if (one.kind === 'down' && one.verdict === 'sign in') this.#askSoon();
        if (one.kind === 'welcome' && one.frame.user.id !== this.me?.id) void this.ask();
      }
    });
  }

  /** Ask the server who this is. */
  async ask(): Promise<void> {
    await this.#becoming;
    try {
      this.#entered(await this.api.me());
    } catch (error) {
      const out = error instanceof Problem && (error.signedOut || error.status === 403);
      // Losing the network signs nobody out.
      if (out) this.state = 'out';
      else if (this.state !== 'in') this.state = 'away';
    }
  }

  /** A socket that is refused while the API answers must not be dialled in a circle. */
  #askSoon(): void {
    const wait = Date.now() - this.#asked < 10_000 ? 5000 : 0;
    this.#asked = Date.now() + wait;
    setTimeout(() => void this.ask(), wait);
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#entered(await this.api.signIn(username, password));
  }

  async register(account: Parameters<Api['register']>[0]): Promise<void> {
    this.#entered(await this.api.register(account));
  }

  /** Make the guest who is here an account. The server hangs up, and the same person dials again. */
  async upgrade(account: Parameters<Api['upgrade']>[0]): Promise<void> {
    const upgraded = this.api.upgrade(account);
    this.#becoming = upgraded.catch(() => null);
    this.#entered(await upgraded);
  }

  async signOut(): Promise<void> {
    await this.api.signOut();
    this.engine.reset();
    this.me = null;
    this.state = 'out';
  }

  #entered(me: Me): void {
    // What somebody else left in this page is not theirs to see or to send.
    if (this.me && this.me.id !== me.id) this.engine.reset();
    this.me = me;
    this.state = 'in';
    this.engine.start();
  }
}
