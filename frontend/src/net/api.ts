import type {
  AcceptedInvite,
  Activity,
  ActivityPage,
  CreatedInvite,
  CreatedToken,
  Device,
  FileFormat,
  ImportResult,
  Invite,
  InvitePreview,
  InviteRequest,
  ListPage,
  ListResponse,
  ListsImportResult,
  Role,
  Token,
  TokenRequest,
} from '../protocol/rest';
import { CoreApi, PAGE_SIZE } from './core-api';
import { uuid } from './uuid';

interface ImportOptions {
  /** Leave out lines that cannot be read. */
  skip_invalid?: boolean;
  dry_run: boolean;
  op: string;
}

/** All endpoints of the REST API as methods. Edits of items go through the outbox instead. */
export class Api extends CoreApi {
  /** Remove oneself, or as an owner another member. */
  removeMember(listId: string, userId: number): Promise<void> {
    const path = `shopping-lists/${listId}/members/${userId}/`;
    return this.http({ method: 'DELETE', path, op: uuid() });
  }

  deleteList(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `shopping-lists/${id}/`, op: uuid() });
  }

  restoreList(id: string): Promise<void> {
    return this.http({ method: 'POST', path: `shopping-lists/${id}/restore/`, op: uuid() });
  }

  async getDevices(): Promise<Device[]> {
    const path = 'auth/sessions/';
    return (await this.http<{ results: Device[] }>({ method: 'GET', path })).results;
  }

  /** The URL with which another device opens the server, null if none is known. */
  async getDeviceUrl(): Promise<string | null> {
    const path = 'auth/address/';
    return (await this.http<{ url: string | null }>({ method: 'GET', path })).url;
  }

  signOutDevice(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `auth/sessions/${id}/` });
  }

  /** Sign out all other devices. */
  signOutOtherDevices(): Promise<void> {
    return this.http({ method: 'DELETE', path: 'auth/sessions/' });
  }

  async getTokens(): Promise<Token[]> {
    return (await this.http<{ results: Token[] }>({ method: 'GET', path: 'tokens/' })).results;
  }

  /** Requests with the same `op` create one object and return the same secret. */
  createToken(token: TokenRequest, op: string): Promise<CreatedToken> {
    return this.http({ method: 'POST', path: 'tokens/', body: token, op });
  }

  revokeToken(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `tokens/${id}/` });
  }

  /** The deleted lists that the user may restore. */
  async getDeletedLists(): Promise<ListResponse[]> {
    const path = `shopping-lists/?deleted=true&page_size=${PAGE_SIZE}`;
    return (await this.http<ListPage>({ method: 'GET', path })).results;
  }

  setRole(listId: string, userId: number, role: Role): Promise<void> {
    const path = `shopping-lists/${listId}/members/${userId}/`;
    return this.http({ method: 'PATCH', path, body: { role }, op: uuid() });
  }

  getInvites(listId: string): Promise<Invite[]> {
    return this.http({ method: 'GET', path: `shopping-lists/${listId}/invites/` });
  }

  /** Requests with the same `op` create one object and return the same secret. */
  createInvite(listId: string, invite: InviteRequest, op: string): Promise<CreatedInvite> {
    return this.http({
      method: 'POST',
      path: `shopping-lists/${listId}/invites/`,
      body: invite,
      op,
    });
  }

  revokeInvite(listId: string, inviteId: string): Promise<void> {
    const path = `shopping-lists/${listId}/invites/${inviteId}/`;
    return this.http({ method: 'DELETE', path, op: uuid() });
  }

  /** Read an invite without using it. The secret is sent in the body only. */
  previewInvite(token: string): Promise<InvitePreview> {
    return this.http({ method: 'POST', path: 'invites/preview/', body: { token } });
  }

  acceptInvite(token: string, name?: string): Promise<AcceptedInvite> {
    const body = name === undefined ? { token } : { token, name };
    return this.http({ method: 'POST', path: 'invites/accept/', body });
  }

  /**
   * One page of the activity log, newest first, and the cursor of the next page.
   *
   * With an item: of its changes only.
   */
  async getActivityPage(
    listId: string,
    cursor: string | null,
    item: string | null = null,
  ): Promise<{ results: Activity[]; cursor: string | null }> {
    const query = new URLSearchParams();
    if (item !== null) {
      query.set('item', item);
      query.set('page_size', '20');
    }
    if (cursor !== null) query.set('cursor', cursor);
    const path = `shopping-lists/${listId}/activities/?${query.toString()}`;
    const page: ActivityPage = await this.http({ method: 'GET', path });
    const next = page.next === null ? null : new URL(page.next, 'http://any').searchParams;
    return { results: page.results, cursor: next?.get('cursor') ?? null };
  }

  /** The URLs from which the browser downloads the user's personal data and all lists. */
  readonly personalDataUrl = '/api/auth/me/export/';
  readonly listsExportUrl = '/api/export/';

  /** The URL from which the browser downloads a list as a file. */
  listExportUrl(listId: string, format: FileFormat): string {
    return `/api/shopping-lists/${listId}/export/?format=${format}`;
  }

  exportAsText(listId: string, format: FileFormat): Promise<string> {
    const path = `shopping-lists/${listId}/export/?format=${format}`;
    return this.http({ method: 'GET', path, responseType: 'text' });
  }

  /** Add the items of a text. With `dry_run`, only report what would happen. */
  importItems(
    listId: string,
    content: string,
    format: FileFormat,
    options: ImportOptions,
  ): Promise<ImportResult> {
    const { op, ...flags } = options;
    const path = `shopping-lists/${listId}/import/`;
    return this.http({ method: 'POST', path, body: { content, format, ...flags }, op });
  }

  /** Create the lists of an export. With `dry_run`, only report which lists that would be. */
  importLists(content: string, { dry_run, op }: ImportOptions): Promise<ListsImportResult> {
    return this.http({ method: 'POST', path: 'import/', body: { content, dry_run }, op });
  }

  undoChange(listId: string, version: number): Promise<Activity> {
    const path = `shopping-lists/${listId}/activities/${version}/undo/`;
    return this.http({ method: 'POST', path, op: uuid() });
  }
}
