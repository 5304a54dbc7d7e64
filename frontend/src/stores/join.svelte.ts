import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import type { Preview } from '../protocol/rest';
import type { Person } from './person.svelte';

type Account = Parameters<Api['upgrade']>[0];

/** The way onto a list by the secret of an invite, which travels in bodies only. */
export class Join {
  /** `gone`: one answer for wrong, used up, over and revoked. `failed`: `wrong` says why. */
  state = $state<'asking' | 'ready' | 'gone' | 'failed'>('asking');
  preview = $state.raw<Preview | null>(null);
  wrong = $state('');
  busy = $state(false);
  /** The list that the person is on now. */
  joined = $state<string | null>(null);

  constructor(
    private readonly api: Api,
    private readonly person: Person,
    private readonly secret: string | null,
  ) {}

  /** Find out what the invite is for; nothing is used up. */
  async look(): Promise<void> {
    if (this.secret === null) {
      this.state = 'gone';
      return;
    }
    try {
      this.preview = await this.api.previewInvite(this.secret);
      this.state = 'ready';
    } catch (error) {
      if (!isGone(error)) this.#failed(error);
      else if (this.person.state === 'in') await this.#return(this.secret);
      else this.state = 'gone';
    }
  }

  /** Become a member; whoever is nobody here yet becomes a guest of that name. */
  async accept(name?: string): Promise<void> {
    await this.#entering((secret) => this.#accept(secret, name));
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.person.signIn(username, password);
    await this.accept();
  }

  /** Sign up by the invite, which is joining its list. Rejects where the form is wrong. */
  async register(account: Account): Promise<void> {
    await this.person.register({ ...account, token: this.secret ?? '' });
    await this.accept();
  }

  /** Turn the guest who is here into an account, for an invite that asks for one. */
  async upgrade(account: Account): Promise<void> {
    await this.person.upgrade(account);
    await this.accept();
  }

  async #entering(run: (secret: string) => Promise<void>): Promise<void> {
    if (this.secret === null) return;
    this.busy = true;
    this.wrong = '';
    try {
      await run(this.secret);
    } catch (error) {
      if (isGone(error)) this.state = 'gone';
      else this.wrong = wordsOf(error);
    } finally {
      this.busy = false;
    }
  }

  async #accept(secret: string, name?: string): Promise<void> {
    const { list } = await this.api.acceptInvite(secret, name);
    if (this.person.state !== 'in') await this.person.ask();
    this.joined = list.id;
  }

  /** A member comes back by an old link: they are on its list already. */
  async #return(secret: string): Promise<void> {
    try {
      await this.#accept(secret);
    } catch (error) {
      if (isGone(error)) this.state = 'gone';
      else this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.wrong = wordsOf(error);
    this.state = 'failed';
  }
}

const isGone = (error: unknown): boolean => error instanceof Problem && error.status === 404;

const wordsOf = (error: unknown): string => {
  const named = error instanceof Problem ? error.errors['name']?.[0] : undefined;
  return named ?? (error instanceof Error ? error.message : String(error));
};
