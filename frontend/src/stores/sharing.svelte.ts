import type { Api } from '../net/api';
import type { CreatedInvite, Invite, InviteRequest, Role } from '../protocol/rest';
import { FormSubmission } from './form-submission.svelte';
import { isOpen } from './invite';
import { RequestKey } from './request-key';

/** The access to one list: it sets roles and manages invite links. It does not know the members. */
export class Sharing {
  /** Newest first. Null until they are loaded. */
  invites = $state.raw<readonly Invite[] | null>(null);
  /** The invite that was just created. Its secret is kept only here. */
  created = $state.raw<CreatedInvite | null>(null);
  readonly submission = new FormSubmission();
  readonly #requestKey = new RequestKey();
  #createdFor: InviteRequest | null = null;

  constructor(
    private readonly api: Api,
    private readonly listId: string,
  ) {}

  openInvites(now: number): readonly Invite[] {
    return (this.invites ?? []).filter((invite) => isOpen(invite, now));
  }

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  /** Whether the link that is shown is of this kind. */
  isCreated(invite: InviteRequest): boolean {
    const current = this.#createdFor;
    const isSame = current !== null && JSON.stringify(current) === JSON.stringify(invite);
    return this.created !== null && isSame;
  }

  /** Create a link, unless the one that is shown is of this kind. */
  async createInvite(invite: InviteRequest): Promise<void> {
    if (this.isCreated(invite)) return;
    const key = this.#requestKey.keyFor(invite);
    await this.submission.run(async () => {
      this.created = await this.api.createInvite(this.listId, invite, key);
      this.#createdFor = invite;
      this.#requestKey.clear();
      await this.#refresh();
    });
  }

  async revokeInvite({ id }: Invite): Promise<void> {
    await this.submission.run(async () => {
      await this.api.revokeInvite(this.listId, id);
      if (this.created?.id === id) this.created = null;
      await this.#refresh();
    });
  }

  /** Resolves to whether it succeeded. The new role arrives with the list. */
  async setRole(userId: number, role: Role): Promise<boolean> {
    await this.submission.run(() => this.api.setRole(this.listId, userId, role));
    return this.submission.isDone;
  }

  async removeMember(userId: number): Promise<void> {
    await this.submission.run(() => this.api.removeMember(this.listId, userId));
  }

  async #refresh(): Promise<void> {
    this.invites = await this.api.getInvites(this.listId);
  }
}
