import type { CoreApi } from '../net/core-api';
import { Problem } from '../net/problem';
import { REVOKED } from '../protocol/close';
import type { GuestUpgrade, ProfileUpdate, Registration, UserProfile } from '../protocol/rest';
import type { Engine } from '../sync/engine';
import type { BrowserStorage, PendingUser } from '../sync/storage';

/** The user of this browser: sign-in, sign-out and the profile. */
export class CurrentUser {
  /** `unreachable`: the server does not respond. */
  state = $state<'unknown' | 'signed in' | 'signed out' | 'unreachable'>('unknown');
  profile = $state.raw<UserProfile | null>(null);
  /** Why a session ended that this page was using: null if the user ended it here. */
  endedBy = $state<'another device' | 'time' | null>(null);

  /** The user whose data this page holds, even while `state` is `unknown`. */
  #dataOwnerId: number | null = null;
  /** Whether the server has said who is signed in. Until then this is what the browser stores. */
  isConfirmed = false;
  #restoring: Promise<void> = Promise.resolve();
  /** Whether the page says that nobody is signed in, once it was read. */
  #missing: Promise<boolean> | null = null;
  #nextCheckAt = 0;
  /** Whether the server has closed the socket because the session was revoked. */
  #isRevoked = false;
  /** A request that renews the session. Until it ends, the session cookie may be invalid. */
  #pendingSignIn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: CoreApi,
    private readonly engine: Engine,
    private readonly storage: Promise<BrowserStorage | null> = Promise.resolve(null),
    /** Whether the page itself says that nobody is signed in. */
    private readonly isSessionMissing: () => Promise<boolean> = () => Promise.resolve(false),
  ) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'down' && event.decision === 'sign in') {
          this.#isRevoked ||= event.code === REVOKED;
          this.#scheduleRefresh();
        }
        if (event.kind === 'welcome' && this.#isUnexpected(event.frame.user.id))
          void this.refresh();
      }
    });
  }

  #isUnexpected(userId: number): boolean {
    return userId !== this.profile?.id || !this.isConfirmed;
  }

  /**
   * Show what this browser stores of the user who was signed in last, before the server answers.
   *
   * If it cannot be reached, this stays: only the server signs a user out.
   */
  restore(): void {
    this.#restoring = this.#restore();
  }

  async #restore(): Promise<void> {
    const storage = await this.storage;
    const profile = await storage?.readSession().catch(() => null);
    if (!storage || !profile || this.state !== 'unknown') return;
    this.#dataOwnerId = profile.id;
    this.profile = profile;
    void this.engine.open(profile.id, storage.ofUser(profile.id));
    this.engine.connect();
    this.state = 'signed in';
  }

  /** The users whose edits wait in this browser until they sign in. */
  async pendingUsers(): Promise<PendingUser[]> {
    const storage = await this.storage;
    return (await storage?.pendingUsers().catch(() => [])) ?? [];
  }

  /** Read the user from the server. */
  async refresh(): Promise<void> {
    if (!(await this.#isSignedOut())) return;
    this.isConfirmed = true;
    if (this.state === 'signed in') this.endedBy = await this.#whoEnded();
    this.state = 'signed out';
    // The edits wait for the user. Their lists do not: another user may open this browser.
    await this.#forget('keep edits');
  }

  /** Who ended the session. Another tab that signs out forgets the session in this browser. */
  async #whoEnded(): Promise<CurrentUser['endedBy']> {
    const storage = await this.storage;
    const isForgotten = (await storage?.readSession().catch(() => undefined)) === null;
    if (isForgotten) return null;
    return this.#isRevoked ? 'another device' : 'time';
  }

  /** Resolves to whether the server says that the session ended. A network error does not count. */
  async #isSignedOut(): Promise<boolean> {
    await this.#pendingSignIn;
    if (await this.#isKnownToBeMissing()) return true;
    try {
      await this.#onSignedIn(await this.api.getProfile());
    } catch (error) {
      await this.#restoring;
      if (error instanceof Problem && (error.isSignedOut || error.status === 403)) return true;
      if (this.state !== 'signed in') this.state = 'unreachable';
    }
    return false;
  }

  /** Whether the page says so already. A user whose data is here is never signed out by this. */
  async #isKnownToBeMissing(): Promise<boolean> {
    if (this.isConfirmed) return false;
    await this.#restoring;
    if (this.profile !== null) return false;
    this.#missing ??= this.isSessionMissing().catch(() => false);
    return this.#missing;
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
    await this.#onSignedIn(await this.api.signIn(username, password));
  }

  async register(account: Registration): Promise<void> {
    await this.#onSignedIn(await this.api.register(account));
  }

  /** Set a password with the secret of a one-time link. This also signs in. */
  async resetPassword(token: string, password: string): Promise<void> {
    await this.#onSignedIn(await this.api.resetPassword(token, password));
  }

  /** Turn the guest into a user with an account. The server closes the socket; it reconnects. */
  async upgradeGuest(account: GuestUpgrade): Promise<void> {
    await this.#onSignedIn(await this.#trackSignIn(this.api.upgradeGuest(account)));
  }

  /** Change the password. The server closes all sockets of the user, and this one reconnects. */
  async changePassword(current: string, newPassword: string): Promise<void> {
    await this.#trackSignIn(this.api.changePassword(current, newPassword));
  }

  async updateProfile(profile: ProfileUpdate): Promise<void> {
    this.profile = await this.api.updateProfile(profile);
    await this.#remember(this.profile);
  }

  /** Sign out. `keep edits`: those that were not sent wait until this user signs in again. */
  async signOut(edits: 'keep edits' | 'remove edits' = 'remove edits'): Promise<void> {
    await this.api.signOut();
    await this.#onSignedOut(edits);
  }

  /** Delete the account permanently. */
  async deleteAccount(password: string | null): Promise<void> {
    await this.api.deleteAccount(password);
    await this.#onSignedOut('remove edits');
  }

  /** The browser restored this page from its memory: the user may be another one now. */
  invalidate(): void {
    this.profile = null;
    this.isConfirmed = false;
    this.#missing = Promise.resolve(false);
    this.state = 'unknown';
    void this.refresh();
  }

  /** Delay refreshes until the request ends, because the cookie may be invalid meanwhile. */
  #trackSignIn<T>(signIn: Promise<T>): Promise<T> {
    this.#pendingSignIn = signIn.catch(() => null);
    return signIn;
  }

  async #onSignedOut(edits: 'keep edits' | 'remove edits'): Promise<void> {
    this.engine.reset();
    this.profile = null;
    this.#dataOwnerId = null;
    this.state = 'signed out';
    await this.#forget(edits);
  }

  async #onSignedIn(profile: UserProfile): Promise<void> {
    const storage = await this.storage;
    // This user must neither see nor send the data of the previous user.
    if (this.#dataOwnerId !== null && this.#dataOwnerId !== profile.id) this.engine.reset();
    this.#missing = Promise.resolve(false);
    if (this.#dataOwnerId !== profile.id)
      void this.engine.open(profile.id, storage?.ofUser(profile.id) ?? null);
    this.#dataOwnerId = profile.id;
    this.profile = profile;
    this.isConfirmed = true;
    this.#isRevoked = false;
    this.endedBy = null;
    this.state = 'signed in';
    this.engine.start();
    await this.#remember(profile);
  }

  async #remember(profile: UserProfile): Promise<void> {
    const storage = await this.storage;
    await storage?.writeSession(profile).catch(() => undefined);
  }

  async #forget(edits: 'keep edits' | 'remove edits'): Promise<void> {
    const storage = await this.storage;
    await storage?.forgetSession(edits).catch(() => undefined);
  }
}
