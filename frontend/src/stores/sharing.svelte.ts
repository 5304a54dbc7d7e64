import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Invite, InviteWish, MadeInvite, Role } from '../protocol/rest';
import { isOpen } from './invite';

/** Who may be on one list: its members' roles and the links that are open. Not who they are. */
export class Sharing {
  /** Newest first; null until they were read. */
  invites = $state.raw<readonly Invite[] | null>(null);
  /** The link that was just made: its secret is nowhere else. */
  made = $state.raw<MadeInvite | null>(null);
  wrong = $state('');
  busy = $state(false);
  /** The wish that was sent and not answered: asked again, it has one effect. */
  #asked: { op: string; wish: string } | null = null;

  constructor(
    private readonly api: Api,
    private readonly list: string,
  ) {}

  open(now: number): readonly Invite[] {
    return (this.invites ?? []).filter((invite) => isOpen(invite, now));
  }

  async load(): Promise<void> {
    await this.#try(async () => {
      this.invites = await this.api.invites(this.list);
    });
  }

  async make(wish: InviteWish): Promise<void> {
    const said = JSON.stringify(wish);
    if (this.#asked?.wish !== said) this.#asked = { op: uuid(), wish: said };
    const { op } = this.#asked;
    const made = await this.#try(() => this.api.invite(this.list, wish, op));
    if (!made) return;
    this.#asked = null;
    this.made = made;
    await this.load();
  }

  async revoke(invite: Invite): Promise<void> {
    await this.#try(() => this.api.revokeInvite(this.list, invite.id));
    if (this.made?.id === invite.id) this.made = null;
    if (this.wrong === '') await this.load();
  }

  /** Resolves to whether it was done; the new role comes back with the list. */
  async setRole(person: number, role: Role): Promise<boolean> {
    await this.#try(() => this.api.setRole(this.list, person, role));
    return this.wrong === '';
  }

  async remove(person: number): Promise<void> {
    await this.#try(() => this.api.removeMember(this.list, person));
  }

  /** Resolves to what was answered, or undefined where it failed. */
  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.wrong = '';
    try {
      return await run();
    } catch (error) {
      this.wrong = error instanceof Problem ? error.message : String(error);
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
