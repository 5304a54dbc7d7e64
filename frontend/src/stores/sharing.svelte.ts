import type { Api } from '../net/api';
import { messageOf } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Invite, InviteRequest, CreatedInvite, Role } from '../protocol/rest';
import { isOpen } from './invite';

/** Who may be on one list: its members' roles and the links that are open. Not who they are. */
export class Sharing {
  /** Newest first; null until they were read. */
  invites = $state.raw<readonly Invite[] | null>(null);
  /** The link that was just made: its secret is nowhere else. */
  created = $state.raw<CreatedInvite | null>(null);
  error = $state('');
  isBusy = $state(false);
  /** The wish that was sent and not answered: asked again, it has one effect. */
  #asked: { op: string; wish: string } | null = null;

  constructor(
    private readonly api: Api,
    private readonly listId: string,
  ) {}

  openInvites(now: number): readonly Invite[] {
    return (this.invites ?? []).filter((invite) => isOpen(invite, now));
  }

  async load(): Promise<void> {
    await this.#submit(async () => {
      this.invites = await this.api.getInvites(this.listId);
    });
  }

  async createInvite(invite: InviteRequest): Promise<void> {
    const said = JSON.stringify(invite);
    if (this.#asked?.wish !== said) this.#asked = { op: uuid(), wish: said };
    const { op } = this.#asked;
    const created = await this.#submit(() => this.api.createInvite(this.listId, invite, op));
    if (!created) return;
    this.#asked = null;
    this.created = created;
    await this.load();
  }

  async revokeInvite(invite: Invite): Promise<void> {
    await this.#submit(() => this.api.revokeInvite(this.listId, invite.id));
    if (this.created?.id === invite.id) this.created = null;
    if (this.error === '') await this.load();
  }

  /** Resolves to whether it was done; the new role comes back with the list. */
  async setRole(userId: number, role: Role): Promise<boolean> {
    await this.#submit(() => this.api.setRole(this.listId, userId, role));
    return this.error === '';
  }

  async removeMember(userId: number): Promise<void> {
    await this.#submit(() => this.api.removeMember(this.listId, userId));
  }

  /** Resolves to what was answered, or undefined where it failed. */
  async #submit<T>(request: () => Promise<T>): Promise<T | undefined> {
    this.isBusy = true;
    this.error = '';
    try {
      return await request();
    } catch (error) {
      this.error = messageOf(error);
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}
