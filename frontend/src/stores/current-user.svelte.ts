import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import type { UserProfile } from '../protocol/rest';
import type { Engine } from '../sync/engine';

/** Who is at this browser, and how they come and go. */
export class CurrentUser {
  /** `asking`: not known yet. `away`: the server does not answer. */
  state = $state<'unknown' | 'signed in' | 'signed out' | 'unreachable'>('unknown');
  profile = $state.raw<UserProfile | null>(null);

  /** Whose data this page holds, also while it is not known who is here. */
  #dataOwnerId: number | null = null;
  #nextCheckAt = 0;
  /** Whatever renews the session: until it is done, the old cookie would be nobody's. */
  #pendingSignIn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
  ) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'down' && event.decision === 'sign in') this.#scheduleRefresh();
        if (event.kind === 'welcome' && event.frame.user.id !== this.profile?.id)
          void this.refresh();
      }
    });
  }

  /** Ask the server who this is. */
  async refresh(): Promise<void> {
    if (await this.#isSignedOut()) this.state = 'signed out';
  }

  /** Whether the server says that nobody is here. Losing the network signs nobody out. */
  async #isSignedOut(): Promise<boolean> {
    await this.#pendingSignIn;
    try {
      this.#onSignedIn(await this.api.getProfile());
    } catch (error) {
      if (error instanceof Problem && (error.isSignedOut || error.status === 403)) return true;
      if (this.state !== 'signed in') this.state = 'unreachable';
    }
    return false;
  }

  /**
   * Ask again before it is believed: where another tab changes the password, the end of
   * this one's socket is faster than the new cookie.
   */
  async #confirmSignedOut(): Promise<void> {
    if (await this.#isSignedOut()) setTimeout(() => void this.refresh(), 1000);
  }

  /** A socket that is refused while the API answers must not be dialled in a circle. */
  #scheduleRefresh(): void {
    const delay = Date.now() - this.#nextCheckAt < 10_000 ? 5000 : 0;
    this.#nextCheckAt = Date.now() + delay;
    setTimeout(() => void this.#confirmSignedOut(), delay);
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#onSignedIn(await this.api.signIn(username, password));
  }

  async register(account: Parameters<Api['register']>[0]): Promise<void> {
    this.#onSignedIn(await this.api.register(account));
  }

  /** Set a password by a one-time link, which signs in. */
  async resetPassword(token: string, password: string): Promise<void> {
    this.#onSignedIn(await this.api.resetPassword(token, password));
  }

  /** Make the guest who is here an account. The server hangs up, and the same person dials again. */
  async upgradeGuest(account: Parameters<Api['upgradeGuest']>[0]): Promise<void> {
    this.#onSignedIn(await this.#trackSignIn(this.api.upgradeGuest(account)));
  }

  /** Change the password. The server hangs up, also here, and the same person dials again. */
  async changePassword(current: string, newPassword: string): Promise<void> {
    await this.#trackSignIn(this.api.changePassword(current, newPassword));
  }

  async updateProfile(profile: Parameters<Api['updateProfile']>[0]): Promise<void> {
    this.profile = await this.api.updateProfile(profile);
  }

  async signOut(): Promise<void> {
    await this.api.signOut();
    this.#onSignedOut();
  }

  /** Delete the account, for good. */
  async deleteAccount(password: string | null): Promise<void> {
    await this.api.deleteAccount(password);
    this.#onSignedOut();
  }

  /** The page was kept by the browser and comes back: whoever is here now may be another. */
  invalidate(): void {
    this.profile = null;
    this.state = 'unknown';
    void this.refresh();
  }

  /** Meanwhile the cookie may be one that is good no longer: nobody asks who this is. */
  #trackSignIn<T>(signIn: Promise<T>): Promise<T> {
    this.#pendingSignIn = signIn.catch(() => null);
    return signIn;
  }

  #onSignedOut(): void {
    this.engine.reset();
    this.profile = null;
    this.#dataOwnerId = null;
    this.state = 'signed out';
  }

  #onSignedIn(profile: UserProfile): void {
    // What somebody else left in this page is not theirs to see or to send.
    if (this.#dataOwnerId !== null && this.#dataOwnerId !== profile.id) this.engine.reset();
    this.#dataOwnerId = profile.id;
    this.profile = profile;
    this.state = 'signed in';
    this.engine.start();
  }
}
