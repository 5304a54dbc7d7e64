/* Generated from the OpenAPI document of the server by `./run generate-types`. Do not edit. */

export type LanguageEnum = 'en' | 'de';
export type BlankEnum = '';
export type Scope = 'read' | 'tick' | 'write' | 'metrics';
export type Role = 'viewer' | 'ticker' | 'editor' | 'owner';
export type InvitedRole = 'viewer' | 'ticker' | 'editor';
export type Verb =
  | 'list.created'
  | 'list.renamed'
  | 'list.edited'
  | 'list.deleted'
  | 'list.restored'
  | 'item.added'
  | 'item.ticked'
  | 'item.unticked'
  | 'item.edited'
  | 'item.moved'
  | 'item.removed'
  | 'items.added'
  | 'items.ticked'
  | 'items.unticked'
  | 'items.edited'
  | 'items.moved'
  | 'items.removed'
  | 'member.joined'
  | 'member.left'
  | 'member.removed'
  | 'member.role'
  | 'undo';
export type FileFormat = 'json' | 'csv' | 'markdown' | 'text';
export type ImportedLineOutcomeEnum =
  'added' | 'merged' | 'put_back' | 'unchanged' | 'conflict' | 'category' | 'left_out' | 'invalid';
export type ChangedEnum = 'quantity' | 'note' | 'category' | 'shops';
export type StateEnum = 'open' | 'bought';
export type NullEnum = null;
export type ProbedHandshakeOutcomeEnum = 'accepted' | 'foreign_origin' | 'no_upgrade';
export type AlertTestResponseOutcomeEnum = 'delivered' | 'failed' | 'refused';

/**
 * The profile of the current user.
 */
export interface UserProfile {
  id: number;
  name: string;
  username: string;
  email: string;
  language: LanguageEnum | BlankEnum;
  is_staff: boolean;
  is_guest: boolean;
}
/**
 * The profile of the current user.
 */
export interface ProfileUpdate {
  id?: number;
  name?: string;
  username?: string;
  email?: string;
  language?: LanguageEnum | BlankEnum;
  is_staff?: boolean;
  is_guest?: boolean;
}
/**
 * A new user. With the setup token, the user becomes the owner.
 */
export interface Registration {
  username: string;
  name?: string;
  password: string;
  token?: string;
}
/**
 * A name to sign in with and a password; without `name`, the name stays as it is.
 */
export interface GuestUpgrade {
  username: string;
  name?: string;
  password: string;
}
/**
 * One session; `last_seen_at` is exact to a minute.
 */
export interface Device {
  id: string;
  current: boolean;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  device: string;
}
/**
 * A token. Its secret cannot be shown again.
 */
export interface Token {
  id: string;
  name: string;
  scope: Scope;
  list: string | null;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
}
/**
 * A token to create; `expires_in` is in seconds. Without it the token does not expire.
 */
export interface TokenRequest {
  name: string;
  scope: Scope;
  list?: string | null;
  expires_in?: number | null;
}
/**
 * A new token with its secret, which is shown only this once.
 */
export interface CreatedToken {
  id: string;
  name: string;
  scope: Scope;
  list: string | null;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
  token: string;
}
/**
 * A page of lists.
 */
export interface ListPage {
  count: number;
  next: string | null;
  previous: string | null;
  results: ListResponse[];
}
/**
 * A list as one of its members sees it.
 */
export interface ListResponse {
  id: string;
  name: string;
  last_interaction: string;
  created_at: string;
  created_by: Person | null;
  members: Member[];
  aisles?: string[];
  shops?: {
    [k: string]: Shop;
  };
  staples?: {
    [k: string]: Staple;
  };
  version: number;
  epoch: string;
  digest: string;
  deleted_at: string | null;
  role: Role;
  items_open: number;
  items_total: number;
}
/**
 * A user, with the name that they had when the row was read.
 */
export interface Person {
  id: number;
  name: string;
}
/**
 * A user and their role on one list.
 */
export interface Member {
  id: number;
  name: string;
  role: Role;
}
/**
 * A shop of a list, with its aisles in the order in which a user passes them.
 */
export interface Shop {
  aisles: string[];
}
/**
 * The details of an item that a list needs again and again.
 */
export interface Staple {
  quantity: string;
  note: string;
  category: string;
}
/**
 * An invite. Its secret cannot be shown again.
 */
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
/**
 * An invite to create; `expires_in` is in seconds.
 */
export interface InviteRequest {
  role: InvitedRole;
  expires_in?: number;
  max_uses?: number | null;
  guest?: boolean;
}
/**
 * A new invite with its secret, which is shown only this once.
 *
 * `works_here_only` tells whether `url` works on the computer of the server only. Then
 * `network_url` is the address of the server for other devices, if it is known.
 */
export interface CreatedInvite {
  id: string;
  role: Role;
  expires_at: string;
  max_uses: number | null;
  uses: number;
  guest: boolean;
  token: string;
  url: string;
  works_here_only: boolean;
  network_url: string | null;
}
/**
 * What an invite is for.
 *
 * `member_of` is the id of the list if the user is a member whom the invite gives no more,
 * else null.
 */
export interface InvitePreview {
  list: JoinedListName;
  role: Role;
  guest: boolean;
  invited_by: string;
  member_of: string | null;
}
/**
 * What a user who is no member sees of a list.
 */
export interface JoinedListName {
  name: string;
}
/**
 * The list that the caller has joined, and their role on it.
 */
export interface AcceptedInvite {
  list: ListResponse;
  role: Role;
}
/**
 * Recorded changes, newest first, and the addresses of the pages around them.
 */
export interface ActivityPage {
  next: string | null;
  previous: string | null;
  results: Activity[];
}
/**
 * One recorded change; `changes` has its rows, if the request asked for them.
 *
 * They are null for a change of more than 200 items.
 */
export interface Activity {
  version: number;
  digest: string;
  at: string;
  verb: Verb;
  actor: Actor | null;
  op: string | null;
  summary: ActivitySummary;
  changes?: ChangedRow[] | null;
  undoes: number | null;
  undone_by: number | null;
}
/**
 * The user who made a change; the id is null if the account was deleted.
 */
export interface Actor {
  id: number | null;
  name: string;
}
/**
 * A change in short.
 *
 * `items` and `members` are how many of each the change has; `list_changed` tells whether it
 * has the list's own fields. `names` are those of the first three items and members.
 * `fields` has the changed fields if the change edited one row only, and `category` if it gave
 * many items, all of the same category, another one.
 */
export interface ActivitySummary {
  items: number;
  members: number;
  list_changed: boolean;
  names: string[];
  fields: {
    [k: string]: FieldChange;
  };
}
/**
 * The value of one field before and after a change.
 */
export interface FieldChange {
  before: string | boolean;
  after: string | boolean;
}
/**
 * One row of a change; one of `item`, `list` and `member` identifies it.
 */
export interface ChangedRow {
  item?: string;
  list?: string;
  member?: number;
  before: {
    [k: string]: unknown;
  } | null;
  after: {
    [k: string]: unknown;
  } | null;
}
/**
 * How many changes a list had in each quarter of an hour, of the last 28 days.
 *
 * `quarters` has the Unix time of the start of each quarter with changes, in seconds, and
 * `changes` their numbers. Changes before `counted_from` are not counted. The log begins with
 * the change `begins_version` at `begins_at`; both are null if the list has no change.
 */
export interface ChangeCounts {
  epoch: string;
  version: number;
  begins_at: string | null;
  begins_version: number | null;
  counted_from: string;
  quarters: number[];
  changes: number[];
}
/**
 * What to add to a list, as text in a format. `dry_run` writes nothing.
 *
 * With `skip_invalid`, lines that cannot be read are left out; otherwise they refuse the
 * import.
 */
export interface ImportRequest {
  content: string;
  dry_run?: boolean;
  format: FileFormat;
  skip_invalid?: boolean;
}
/**
 * What an import did, or would do, line by line.
 *
 * `excess_items` is how many items too many the list would have: if it is not 0, the import
 * is refused with `too_many_items`.
 */
export interface ImportResult {
  version: number;
  dry_run: boolean;
  added: number;
  merged: number;
  put_back: number;
  unchanged: number;
  conflict: number;
  left_out: number;
  invalid: number;
  excess_items: number;
  results: ImportedLine[];
}
/**
 * What one line was understood as. The lines of a JSON document are its items.
 *
 * `text` is the start of the line. `item` is null for a line without an item: a heading
 * (`category`), a line that is `left_out`, or one that is `invalid`; `reason` says why.
 * `changed` and `not_taken` are those of an added item. A `conflict` changes nothing.
 */
export interface ImportedLine {
  line: number;
  text: string;
  outcome: ImportedLineOutcomeEnum;
  reason: string;
  item: ImportedItem | null;
  changed: ChangedEnum[];
  not_taken: {
    [k: string]: string;
  };
}
/**
 * The item as it is after its line. Without an id, it would be a new one.
 */
export interface ImportedItem {
  id: string | null;
  name: string;
  quantity: string;
  note: string;
  category: string;
  purchased: boolean;
}
/**
 * The lists that an import created, or would create.
 */
export interface ListsImportResult {
  dry_run: boolean;
  lists: ImportedList[];
}
/**
 * A list that an import created. Without an id, it would create it.
 */
export interface ImportedList {
  id: string | null;
  name: string;
  items: number;
}
/**
 * What a page knows about an exception that ended a part of it.
 */
export interface PageFailure {
  page: string;
  part: string;
  name: string;
  message: string;
  stack: string;
  build: string;
}
/**
 * Names that were used before, the most likely first.
 */
export interface Suggestions {
  results: Suggestion[];
}
/**
 * A name that was used before, and its state on the requested list.
 *
 * `quantity`, `category` and `list` are those of its last row. `times` is how often it was put on
 * a list, `times_bought` how often it was bought, and `purchases` are the newest of these times.
 */
export interface Suggestion {
  name: string;
  quantity: string;
  category: string;
  list: string;
  times: number;
  last_used: string;
  times_bought: number;
  purchases: string[];
  state: StateEnum | NullEnum;
  item: string | null;
}
/**
 * The names that are not suggested to the user, the newest first.
 */
export interface ForgottenNames {
  results: ForgottenName[];
}
/**
 * A name that is not suggested to the user any more.
 */
export interface ForgottenName {
  name: string;
  forgotten_at: string;
}
/**
 * What this server sees of a request. `keepalive` is in seconds.
 */
export interface ConnectionAnswer {
  service: string;
  version: string;
  time: string;
  is_https_required: boolean;
  keepalive: number;
  received: Received;
  handshake: ProbedHandshake | null;
}
/**
 * One request, or one handshake, as this server received it.
 *
 * `scheme` and `client` are what a trusted proxy says, if there is one. `http_version` is the
 * one between the last proxy and this server. Of cookies and of Authorization it says only
 * whether they arrived.
 */
export interface Received {
  scheme: string;
  host: string | null;
  http_version: string;
  client: string | null;
  is_from_trusted_proxy: boolean;
  has_forwarded_for: boolean;
  has_forwarded_proto: boolean;
  has_forwarded_host: boolean;
  origin: string | null;
  upgrade: string | null;
  connection: string | null;
  has_cookie: boolean;
  has_session: boolean;
  has_authorization: boolean;
}
/**
 * A handshake that arrived, and its outcome.
 */
export interface ProbedHandshake {
  outcome: ProbedHandshakeOutcomeEnum;
  received: Received;
}
/**
 * What became of a test of the alert address.
 */
export interface AlertTestResponse {
  outcome: AlertTestResponseOutcomeEnum;
  status: number | null;
  error: string;
}
