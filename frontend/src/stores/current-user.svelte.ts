import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import type { GuestUpgrade, ProfileUpdate, Registration, UserProfile } from '../protocol/rest';
import type { Engine } from '../sync/engine';

/** The user of this browser: sign-in, sign-out and the profile. */
export class CurrentUser {
  /** `unreachable`: the server does not respond. */
  state = $state<'unknown' | 'signed in' | 'signed out' | 'unreachable'>('unknown');
  profile = $state.raw<UserProfile | null>(null);

  /** The user whose data this page holds, even while `state` is `unknown`. */
  #dataOwnerId: number | null = null;
  #nextCheckAt = 0;
  /** A request that renews the session. Until it ends, the session cookie may be invalid. */
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

  /** Read the user from the server. */
  async refresh(): Promise<void> {
    if (await this.#isSignedOut()) this.state = 'signed out';
  }

  /** Resolves to whether the server says that the session ended. A network error does not count. */
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
   * Check twice that the session ended. When another tab changes the password, this tab's
   * socket is closed before the browser has the new cookie.
   */
  async #confirmSignedOut(): Promise<void> {
    if (await this.#isSignedOut()) setTimeout(() => void this.refresh(), 1000);
  }

  /** Refresh at a limited rate: a socket that is refused again and again must not cause a loop. */
  #scheduleRefresh(): void {
    const delay = Date.now() - this.#nextCheckAt < 10_000 ? 5000 : 0;
    this.#nextCheckAt = Date.now() + delay;
    setTimeout(() => void this.#confirmSignedOut(), delay);
  }

  async signIn(username: string, password: string): Promise<void> {
    this.#onSignedIn(await this.api.signIn(username, password));
  }

  async register(account: Registration): Promise<void> {
    this.#onSignedIn(await this.api.register(account));
  }

  /** Set a password with the secret of a one-time link. This also signs in. */
  async resetPassword(token: string, password: string): Promise<void> {
    this.#onSignedIn(await this.api.resetPassword(token, password));
  }

  /** Turn the guest into a user with an account. The server closes the socket; it reconnects. */
  async upgradeGuest(account: GuestUpgrade): Promise<void> {
    this.#onSignedIn(await this.#trackSignIn(this.api.upgradeGuest(account)));
  }

  /** Change the password. The server closes all sockets of the user, and this one reconnects. */
  async changePassword(current: string, newPassword: string): Promise<void> {
    await this.#trackSignIn(this.api.changePassword(current, newPassword));
  }

  async updateProfile(profile: ProfileUpdate): Promise<void> {
    this.profile = await this.api.updateProfile(profile);
  }

  async signOut(): Promise<void> {
    await this.api.signOut();
    this.#onSignedOut();
  }

  /** Delete the account permanently. */
  async deleteAccount(password: string | null): Promise<void> {
    await this.api.deleteAccount(password);
    this.#onSignedOut();
  }

  /** The browser restored this page from its memory: the user may be another one now. */
  invalidate(): void {
    this.profile = null;
    this.state = 'unknown';
    void this.refresh();
  }

  /** Delay refreshes until the request ends, because the cookie may be invalid meanwhile. */
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
    // This user must neither see nor send the data of the previous user.
    if (this.#dataOwnerId !== null && this.#dataOwnerId !== profile.id) this.engine.reset();
    this.#dataOwnerId = profile.id;
    this.profile = profile;
    this.state = 'signed in';
    this.engine.start();
  }
}
