import type { Api } from '../net/api';
import { messageOf, Problem } from '../net/problem';
import type { InvitePreview } from '../protocol/rest';
import type { CurrentUser } from './current-user.svelte';

type Account = Parameters<Api['upgradeGuest']>[0];

/** The way onto a list by the secret of an invite, which travels in bodies only. */
export class InviteAcceptance {
  /** `gone`: one answer for wrong, used up, over and revoked. `failed`: `wrong` says why. */
  state = $state<'loading' | 'ready' | 'invalid' | 'failed'>('loading');
  preview = $state.raw<InvitePreview | null>(null);
  error = $state('');
  isBusy = $state(false);
  /** The list that the person is on now. */
  joinedListId = $state<string | null>(null);

  constructor(
    private readonly api: Api,
    private readonly user: CurrentUser,
    private readonly secret: string | null,
  ) {}

  /** Find out what the invite is for; nothing is used up. */
  async loadPreview(): Promise<void> {
    if (this.secret === null) {
      this.state = 'invalid';
      return;
    }
    try {
      this.preview = await this.api.previewInvite(this.secret);
      this.state = 'ready';
    } catch (error) {
      if (!isNotFound(error)) this.#failed(error);
      else if (this.user.state === 'signed in') await this.#rejoin(this.secret);
      else this.state = 'invalid';
    }
  }

  /** Become a member; whoever is nobody here yet becomes a guest of that name. */
  async accept(name?: string): Promise<void> {
    await this.#submit((secret) => this.#accept(secret, name));
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.user.signIn(username, password);
    await this.accept();
  }

  /** Sign up by the invite, which is joining its list. Rejects where the form is wrong. */
  async register(account: Account): Promise<void> {
    await this.user.register({ ...account, token: this.secret ?? '' });
    await this.accept();
  }

  /** Turn the guest who is here into an account, for an invite that asks for one. */
  async upgradeGuest(account: Account): Promise<void> {
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

  /** A member comes back by an old link: they are on its list already. */
  async #rejoin(secret: string): Promise<void> {
    try {
      await this.#accept(secret);
    } catch (error) {
      if (isNotFound(error)) this.state = 'invalid';
      else this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.error = errorTextOf(error);
    this.state = 'failed';
  }
}

const isNotFound = (error: unknown): boolean => error instanceof Problem && error.status === 404;

const errorTextOf = (error: unknown): string => {
  const nameError = error instanceof Problem ? error.errors['name']?.[0] : undefined;
  return nameError ?? messageOf(error);
};
