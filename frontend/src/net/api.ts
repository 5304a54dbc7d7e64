import type {
  Activity,
  Device,
  Format,
  Imported,
  ImportedLists,
  Invite,
  InviteWish,
  ListAnswer,
  MadeInvite,
  MadeToken,
  Me,
  Page,
  Preview,
  Role,
  Token,
  TokenWish,
} from '../protocol/rest';
import type { Http } from './http';
import { uuid } from './uuid';

const PAGE = 200;

interface How {
  dry_run: boolean;
  op: string;
}

/** The API's addresses, as functions. Item edits go through the outbox instead. */
export class Api {
  constructor(private readonly http: Http) {}

  me(): Promise<Me> {
    return this.http({ method: 'GET', path: 'auth/me/' });
  }

  signIn(username: string, password: string): Promise<Me> {
    return this.http({ method: 'POST', path: 'auth/login/', body: { username, password } });
  }

  signOut(): Promise<void> {
    return this.http({ method: 'POST', path: 'auth/logout/' });
  }

  register(account: {
    username: string;
    name: string;
    password: string;
    token: string;
  }): Promise<Me> {
    return this.http({ method: 'POST', path: 'auth/register/', body: account });
  }

  changeMe(profile: { name?: string; email?: string }): Promise<Me> {
    return this.http({ method: 'PATCH', path: 'auth/me/', body: profile });
  }

  /** Delete the account for good. Guests have no password. */
  deleteMe(password: string | null): Promise<void> {
    const body = password === null ? {} : { password };
    return this.http({ method: 'DELETE', path: 'auth/me/', body });
  }

  changePassword(current_password: string, new_password: string): Promise<void> {
    const body = { current_password, new_password };
    return this.http({ method: 'POST', path: 'auth/password/', body });
  }

  /** Set a password by the secret of a one-time link, and sign in. */
  resetPassword(token: string, new_password: string): Promise<Me> {
    return this.http({ method: 'POST', path: 'auth/reset/', body: { token, new_password } });
  }

  async devices(): Promise<Device[]> {
    const path = 'auth/sessions/';
    return (await this.http<{ results: Device[] }>({ method: 'GET', path })).results;
  }

  endDevice(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `auth/sessions/${id}/` });
  }

  /** Sign out everywhere but here. */
  endOtherDevices(): Promise<void> {
    return this.http({ method: 'DELETE', path: 'auth/sessions/' });
  }

  async tokens(): Promise<Token[]> {
    return (await this.http<{ results: Token[] }>({ method: 'GET', path: 'tokens/' })).results;
  }

  /** The same `op` again answers the same secret again. */
  makeToken(wish: TokenWish, op: string): Promise<MadeToken> {
    return this.http({ method: 'POST', path: 'tokens/', body: wish, op });
  }

  revokeToken(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `tokens/${id}/` });
  }

  async lists(): Promise<ListAnswer[]> {
    const page: Page<ListAnswer> = await this.http({
      method: 'GET',
      path: `shopping-lists/?page_size=${PAGE}`,
    });
    return page.results;
  }

  createList(id: string, name: string): Promise<ListAnswer> {
    return this.http({ method: 'POST', path: 'shopping-lists/', body: { id, name }, op: uuid() });
  }

  deleteList(id: string): Promise<void> {
    return this.http({ method: 'DELETE', path: `shopping-lists/${id}/`, op: uuid() });
  }

  /** In the trash, and mine to restore. */
  async deletedLists(): Promise<ListAnswer[]> {
    const path = `shopping-lists/?deleted=true&page_size=${PAGE}`;
    return (await this.http<Page<ListAnswer>>({ method: 'GET', path })).results;
  }

  restoreList(id: string): Promise<void> {
    return this.http({ method: 'POST', path: `shopping-lists/${id}/restore/`, op: uuid() });
  }

  /** Oneself, or as an owner somebody else. */
  removeMember(id: string, person: number): Promise<void> {
    const path = `shopping-lists/${id}/members/${person}/`;
    return this.http({ method: 'DELETE', path, op: uuid() });
  }

  setRole(list: string, person: number, role: Role): Promise<void> {
    const path = `shopping-lists/${list}/members/${person}/`;
    return this.http({ method: 'PATCH', path, body: { role }, op: uuid() });
  }

  invites(list: string): Promise<Invite[]> {
    return this.http({ method: 'GET', path: `shopping-lists/${list}/invites/` });
  }

  /** The same `op` again answers the same secret again. */
  invite(list: string, wish: InviteWish, op: string): Promise<MadeInvite> {
    return this.http({
      method: 'POST',
      path: `shopping-lists/${list}/invites/`,
      body: wish,
      op,
    });
  }

  revokeInvite(list: string, invite: string): Promise<void> {
    const path = `shopping-lists/${list}/invites/${invite}/`;
    return this.http({ method: 'DELETE', path, op: uuid() });
  }

  /** Look at an invite without using it. The secret travels in the body only. */
  previewInvite(token: string): Promise<Preview> {
    return this.http({ method: 'POST', path: 'invites/preview/', body: { token } });
  }

  acceptInvite(token: string, name?: string): Promise<{ list: ListAnswer }> {
    const body = name === undefined ? { token } : { token, name };
    return this.http({ method: 'POST', path: 'invites/accept/', body });
  }

  /** Make the guest who asks an account. */
  upgrade(account: { username: string; name: string; password: string }): Promise<Me> {
    return this.http({ method: 'POST', path: 'auth/upgrade/', body: account });
  }

  /** A page of what happened, newest first, and the cursor of the next. */
  async activityPage(
    list: string,
    cursor: string | null,
  ): Promise<{ results: Activity[]; cursor: string | null }> {
    const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const path = `shopping-lists/${list}/activities/${query}`;
    const page: Page<Activity> = await this.http({ method: 'GET', path });
    const next = page.next === null ? null : new URL(page.next, 'http://any').searchParams;
    return { results: page.results, cursor: next?.get('cursor') ?? null };
  }

  /** Names used before that have this in them. */
  async suggestions(q: string): Promise<{ name: string }[]> {
    const path = `suggestions/?q=${encodeURIComponent(q)}`;
    return (await this.http<{ results: { name: string }[] }>({ method: 'GET', path })).results;
  }

  /** Where a browser downloads what is held of the person, and all of their lists. */
  readonly myData = '/api/auth/me/export/';
  readonly myLists = '/api/export/';

  /** Where a browser downloads a list as a file. */
  exportOf(list: string, format: Format): string {
    return `/api/shopping-lists/${list}/export/?format=${format}`;
  }

  textOf(list: string, format: Format): Promise<string> {
    const path = `shopping-lists/${list}/export/?format=${format}`;
    return this.http({ method: 'GET', path, as: 'text' });
  }

  /** Add what a text holds, or with `dry_run` show what that would do. */
  importInto(list: string, content: string, format: Format, how: How): Promise<Imported> {
    const { dry_run, op } = how;
    const path = `shopping-lists/${list}/import/`;
    return this.http({ method: 'POST', path, body: { content, format, dry_run }, op });
  }

  /** Make the lists of an export, or with `dry_run` show which they would be. */
  importLists(content: string, { dry_run, op }: How): Promise<ImportedLists> {
    return this.http({ method: 'POST', path: 'import/', body: { content, dry_run }, op });
  }

  undo(list: string, version: number): Promise<Activity> {
    const path = `shopping-lists/${list}/activities/${version}/undo/`;
    return this.http({ method: 'POST', path, op: uuid() });
  }
}
