/* Generated from the frames of the server by `./run generate-types`. Do not edit. */

export type Frame = ClientFrame | ServerFrame;
export type ClientFrame = Subscribe | Unsubscribe | SetPresence | Auth | Ping;
export type ServerFrame =
  | Welcome
  | Subscribed
  | Unsubscribed
  | Snapshot
  | Change
  | Ended
  | AccessGained
  | AccessLost
  | PresenceFrame
  | Sample
  | Heartbeat
  | Pong
  | Error
  | Bye;
/**
 * Why the server closes. 4000-4499 come back, 4500-4999 do not.
 */
export type CloseCode = 1009 | 4000 | 4001 | 4002 | 4005 | 4500 | 4501 | 4503 | 4504 | 4505;

/**
 * Follow a topic, from a position where `since` and `epoch` are given.
 */
export interface Subscribe {
  type: 'subscribe';
  topic: string;
  id?: number | null;
  since?: number | null;
  epoch?: string | null;
}
/**
 * Stop following a topic.
 */
export interface Unsubscribe {
  type: 'unsubscribe';
  topic: string;
  id?: number | null;
}
/**
 * Tell the others on a list what this connection's person is doing.
 */
export interface SetPresence {
  type: 'presence';
  topic: string;
  state: 'away' | 'shopping' | 'viewing';
  id?: number | null;
}
/**
 * Prove identity with a token, as the first frame of a bare socket.
 */
export interface Auth {
  type: 'auth';
  token: string;
  id?: number | null;
}
/**
 * Ask for a `pong`.
 */
export interface Ping {
  type: 'ping';
  id?: number | null;
}
/**
 * The first frame of a socket whose person is known.
 */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  server: string;
  connection: string;
  user: Person;
  lists: ListPosition[];
  heartbeat: number;
  limits: Limits;
}
/**
 * A user, with the name that they had when the row was read.
 */
export interface Person {
  id: number;
  name: string;
}
/**
 * Where a list's history stands.
 */
export interface ListPosition {
  id: string;
  epoch: string;
  version: number;
}
/**
 * What a client may send: topics, bytes a message, frames a second.
 */
export interface Limits {
  topics?: number;
  message?: number;
  rate?: number;
}
/**
 * The answer to `subscribe`.
 *
 *     `epoch`, `version` and `recovered` are present on list topics; `history` on
 *     the counter topics: the last 300 samples as columns.
 */
export interface Subscribed {
  type: 'subscribed';
  topic: string;
  id?: number | null;
  epoch?: string | null;
  version?: number | null;
  recovered?: boolean | null;
  history?: {
    [k: string]: unknown[];
  } | null;
}
/**
 * The answer to `unsubscribe`.
 */
export interface Unsubscribed {
  type: 'unsubscribed';
  topic: string;
  id?: number | null;
}
/**
 * A whole list at one version, in parts of at most 2,000 items.
 */
export interface Snapshot {
  type: 'snapshot';
  topic: string;
  epoch: string;
  version: number;
  part: number;
  parts: number;
  list: ListRow;
  items: ItemRow[];
}
/**
 * A list's own fields, the same for every member.
 */
export interface ListRow {
  id: string;
  name: string;
  last_interaction: string;
  created_at: string;
  created_by: Person | null;
  members: Member[];
}
/**
 * A user and their role on one list.
 */
export interface Member {
  id: number;
  name: string;
  role: 'editor' | 'owner' | 'ticker' | 'viewer';
}
/**
 * One item; `version` is the list's version at the item's last change.
 */
export interface ItemRow {
  id: string;
  name: string;
  quantity: string;
  note: string;
  category: string;
  purchased: boolean;
  purchased_at: string | null;
  purchased_by: Person | null;
  position: string;
  version: number;
  created_at: string;
  created_by: Person | null;
  updated_at: string;
}
/**
 * One recorded change of one list, and the frame that every subscriber gets.
 *
 *     `items` are whole rows, `gone` the ids of removed ones. `list` is absent when
 *     neither the list's own fields nor its members changed. `op` is the
 *     Idempotency-Key of the request that made the change. `undoes` is present on
 *     the verb `undo` only.
 */
export interface Change {
  type: 'change';
  topic: string;
  epoch: string;
  version: number;
  at: string;
  actor: Person | null;
  op: string | null;
  verb:
    | 'item.added'
    | 'item.edited'
    | 'item.moved'
    | 'item.removed'
    | 'item.ticked'
    | 'item.unticked'
    | 'items.added'
    | 'items.edited'
    | 'items.moved'
    | 'items.removed'
    | 'items.ticked'
    | 'items.unticked'
    | 'list.created'
    | 'list.deleted'
    | 'list.edited'
    | 'list.renamed'
    | 'list.restored'
    | 'member.joined'
    | 'member.left'
    | 'member.removed'
    | 'member.role'
    | 'undo';
  list?: ListRow;
  items?: ItemRow[];
  gone?: string[];
  undoes?: number;
}
/**
 * This topic is over for this connection.
 */
export interface Ended {
  type: 'ended';
  topic: string;
  reason: 'deleted' | 'revoked';
}
/**
 * The person became a member of a list.
 */
export interface AccessGained {
  type: 'joined';
  list: ListPosition;
}
/**
 * The person is no longer a member of a list.
 */
export interface AccessLost {
  type: 'left';
  list: string;
}
/**
 * Everybody who has the list open.
 */
export interface PresenceFrame {
  type: 'presence';
  topic: string;
  people: PresentPerson[];
}
/**
 * Somebody who has a list open.
 */
export interface PresentPerson {
  id: number;
  name: string;
  state: 'away' | 'shopping' | 'viewing';
  since: string;
}
/**
 * The request counters, one a second while anyone watches (docs/protocol.md).
 */
export interface Sample {
  type: 'sample';
  topic: string;
  at: string;
  processes: number;
  started: number;
  finished: number;
  in_flight: number;
  per_second: number;
  per_second_1m: number;
  status: {
    [k: string]: number;
  };
  latency_ms: {
    [k: string]: number | null;
  };
  sockets: number;
  people: number;
  changes: number;
  delivered: number;
  delivery_ms: {
    [k: string]: number | null;
  };
  lagging: number;
  repairs: number;
  resumed: number;
  snapshots: number;
}
/**
 * Nothing happened for `heartbeat` seconds; the line is alive.
 */
export interface Heartbeat {
  type: 'beat';
}
/**
 * The answer to `ping`.
 */
export interface Pong {
  type: 'pong';
  id?: number | null;
}
/**
 * A frame was refused; the socket stays unless `bye` follows.
 */
export interface Error {
  type: 'error';
  code:
    'bad_frame' | 'not_found' | 'not_signed_in' | 'overloaded' | 'too_many_topics' | 'unavailable';
  message: string;
  id?: number | null;
  retry_in?: number | null;
}
/**
 * The server closes with this code next.
 */
export interface Bye {
  type: 'bye';
  code: CloseCode;
  reason: string;
  retry_in?: number | null;
}
