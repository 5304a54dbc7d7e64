import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import type { Me } from '../protocol/rest';
import type { Engine } from '../sync/engine';

/** Who is at this browser, and how they come and go. */
export class Person {
  /** `asking`: not known yet. `away`: the server does not answer. */
  state = $state<'asking' | 'in' | 'out' | 'away'>('asking');
  me = $state.raw<Me | null>(null);

  /** Whose data this page holds, also while it is not known who is here. */
  #whose: number | null = null;
  #asked = 0;
  /** Whatever renews the session: until it is done, the old cookie would be nobody's. */
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
    if (await this.#isOut()) this.state = 'out';
  }

  /** Whether the server says that nobody is here. Losing the network signs nobody out. */
  async #isOut(): Promise<boolean> {
    await this.#becoming;
    try {
      this.#entered(await this.api.me());
    } catch (error) {
      if (error instanceof Problem && (error.signedOut || error.status === 403)) return true;
      if (this.state !== 'in') this.state = 'away';
    }
    return false;
  }

  /**
   * Ask again before it is believed: where another tab changes the password, the end of
   * this one's socket is faster than the new cookie.
   */
  async #askTwice(): Promise<void> {
    if (await this.#isOut()) setTimeout(() => void this.ask(), 1000);
  }

  /** A socket that is refused while the API answers must not be dialled in a circle. */
  #askSoon(): void {
    const wait = Date.now() - this.#asked < 10_000 ? 5000 : 0;
    this.#asked = Date.now() + wait;
    setTimeout(() => void this.#askTwice(), wait);
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#entered(await this.api.signIn(username, password));
  }

  async register(account: Parameters<Api['register']>[0]): Promise<void> {
    this.#entered(await this.api.register(account));
  }

  /** Set a password by a one-time link, which signs in. */
  async resetPassword(token: string, password: string): Promise<void> {
    this.#entered(await this.api.resetPassword(token, password));
  }

  /** Make the guest who is here an account. The server hangs up, and the same person dials again. */
  async upgrade(account: Parameters<Api['upgrade']>[0]): Promise<void> {
    this.#entered(await this.#become(this.api.upgrade(account)));
  }

  /** Change the password. The server hangs up, also here, and the same person dials again. */
  async changePassword(current: string, wanted: string): Promise<void> {
    await this.#become(this.api.changePassword(current, wanted));
  }

  async changeProfile(profile: Parameters<Api['changeMe']>[0]): Promise<void> {
    this.me = await this.api.changeMe(profile);
  }

  async signOut(): Promise<void> {
    await this.api.signOut();
    this.#left();
  }

  /** Delete the account, for good. */
  async deleteAccount(password: string | null): Promise<void> {
    await this.api.deleteMe(password);
    this.#left();
  }

  /** The page was kept by the browser and comes back: whoever is here now may be another. */
  doubt(): void {
    this.me = null;
    this.state = 'asking';
    void this.ask();
  }

  /** Meanwhile the cookie may be one that is good no longer: nobody asks who this is. */
  #become<T>(becoming: Promise<T>): Promise<T> {
    this.#becoming = becoming.catch(() => null);
    return becoming;
  }

  #left(): void {
    this.engine.reset();
    this.me = null;
    this.#whose = null;
    this.state = 'out';
  }

  #entered(me: Me): void {
    // What somebody else left in this page is not theirs to see or to send.
    if (this.#whose !== null && this.#whose !== me.id) this.engine.reset();
    this.#whose = me.id;
    this.me = me;
    this.state = 'in';
    this.engine.start();
  }
}
