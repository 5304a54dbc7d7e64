import type { Change, ItemRow, ListRow, Member, Person } from './types';

/** The answers of the REST API (docs/api), as far as this app reads them. */
export type Role = Member['role'];
export type Verb = Change['verb'];

export interface UserProfile {
  id: number;
  name: string;
  username: string;
  email: string;
  is_staff: boolean;
  is_guest: boolean;
}

export interface ListResponse extends ListRow {
  version: number;
  epoch: string;
  role: Role;
  items_open: number;
  items_total: number;
  /** When it went into the trash; null: it did not. */
  deleted_at: string | null;
}

export interface ItemResponse extends ItemRow {
  outcome?: 'added' | 'merged' | 'put_back';
}

/** An invite, as owners see it: never with its secret. */
export interface Invite {
  id: string;
  role: Role;
  expires_at: string;
  max_uses: number | null;
  uses: number;
  guest: boolean;
  created_by: Person;
  revoked: boolean;
}

/** A new invite, with its secret in the link, this once. */
export interface CreatedInvite extends Omit<Invite, 'created_by' | 'revoked'> {
  token: string;
  url: string;
}

export interface InviteRequest {
  role: Role;
  /** Seconds. */
  expires_in: number;
  max_uses: number | null;
  guest: boolean;
}

/** What an invite is for, as a stranger sees it. */
export interface InvitePreview {
  list: { name: string };
  role: Role;
  guest: boolean;
  invited_by: string;
}

/** A browser that the person is signed in with. */
export interface Device {
  id: string;
  current: boolean;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  /** "Firefox on Android"; blank if nobody can tell. */
  device: string;
}

export type Scope = 'read' | 'tick' | 'write';

export interface Token {
  id: string;
  name: string;
  scope: Scope;
  /** The one list that it opens; null: all of them. */
  list: string | null;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
}

/** A new token with its secret, this once. */
export interface CreatedToken extends Token {
  token: string;
}

export interface TokenRequest {
  name: string;
  scope: Scope;
  list: string | null;
  /** Seconds; null: until it is revoked. */
  expires_in: number | null;
}

export type FileFormat = 'json' | 'csv' | 'markdown' | 'text';

/** What an import of one list did, or would do, line by line. */
export interface ImportResult {
  version: number;
  dry_run: boolean;
  added: number;
  merged: number;
  put_back: number;
  unchanged: number;
  results: ImportedItem[];
}

export interface ImportedItem {
  line: number;
  outcome: 'added' | 'merged' | 'put_back' | 'unchanged';
  item: Pick<ItemRow, 'name' | 'quantity' | 'note' | 'category' | 'purchased'>;
}

/** The lists that an import of many made, or would make. */
export interface ListsImportResult {
  dry_run: boolean;
  lists: { id: string | null; name: string; items: number }[];
}

export interface ResultPage<T> {
  next: string | null;
  results: T[];
}

export interface ChangedRow {
  item?: string;
  list?: string;
  member?: number;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface Activity {
  version: number;
  at: string;
  verb: Verb;
  actor: Person | null;
  op: string | null;
  changes: ChangedRow[];
  undoes: number | null;
  undone_by: number | null;
}
