import type { Api } from '../net/api';
import { messageOf, Problem } from '../net/problem';
import type { GuestUpgrade, InvitePreview } from '../protocol/rest';
import type { CurrentUser } from './current-user.svelte';

/** Joins a list with the secret of an invite link. The secret is sent in request bodies only. */
export class InviteAcceptance {
  /** `invalid`: the link is unknown, used up, expired or revoked. `failed`: see `error`. */
  state = $state<'loading' | 'ready' | 'invalid' | 'failed'>('loading');
  preview = $state.raw<InvitePreview | null>(null);
  error = $state('');
  isBusy = $state(false);
  /** The list that the user has joined, or is a member of already. */
  joinedListId = $state<string | null>(null);

  constructor(
    private readonly api: Api,
    private readonly user: CurrentUser,
    private readonly secret: string | null,
  ) {}

  /** Read the invite without using it. */
  async loadPreview(): Promise<void> {
    if (this.secret === null) {
      this.state = 'invalid';
      return;
    }
    try {
      this.preview = await this.api.previewInvite(this.secret);
      // There is nothing to decide for a member whom the invite gives no more.
      this.joinedListId = this.preview.member_of;
      this.state = 'ready';
    } catch (error) {
      if (!isNotFound(error)) this.#onFailure(error);
      else if (this.user.state === 'signed in') await this.#rejoin(this.secret);
      else this.state = 'invalid';
    }
  }

  /** Become a member. A user who is not signed in becomes a guest with this name. */
  async accept(name?: string): Promise<void> {
    await this.#submit((secret) => this.#accept(secret, name));
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.user.signIn(username, password);
    await this.accept();
  }

  /** Create an account with the invite, and join its list. Rejects if a field is invalid. */
  async register(account: GuestUpgrade): Promise<void> {
    await this.user.register({ ...account, token: this.secret ?? '' });
    await this.accept();
  }

  /** Turn the guest into a user with an account, for an invite that requires one. */
  async upgradeGuest(account: GuestUpgrade): Promise<void> {
    await this.user.upgradeGuest(account);
    await this.accept();
  }

  async #submit(request: (secret: string) => Promise<void>): Promise<void> {
    if (this.secret === null) return;
    this.isBusy = true;
    this.error = '';
    try {
      await request(this.secret);
    } catch (error) {
      if (isNotFound(error)) this.state = 'invalid';
      else this.error = errorTextOf(error);
    } finally {
      this.isBusy = false;
    }
  }

  async #accept(secret: string, name?: string): Promise<void> {
    const { list } = await this.api.acceptInvite(secret, name);
    if (this.user.state !== 'signed in') await this.user.refresh();
    this.joinedListId = list.id;
  }

  /** A member opened an old link of a list that they have joined before. */
  async #rejoin(secret: string): Promise<void> {
    try {
      await this.#accept(secret);
    } catch (error) {
      if (isNotFound(error)) this.state = 'invalid';
      else this.#onFailure(error);
    }
  }

  #onFailure(error: unknown): void {
    this.error = errorTextOf(error);
    this.state = 'failed';
  }
}

const isNotFound = (error: unknown): boolean => error instanceof Problem && error.status === 404;

const errorTextOf = (error: unknown): string => {
  const nameError = error instanceof Problem ? error.errors['name']?.[0] : undefined;
  return nameError ?? messageOf(error);
};
