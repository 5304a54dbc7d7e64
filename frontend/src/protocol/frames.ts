/* Generated from the frames of the server by `./run generate-types`. Do not edit. */

export type Frame = ClientFrame | ServerFrame;
export type ClientFrame = Subscribe | Unsubscribe | SetPresence | Seen | Auth | Ping;
export type ServerFrame =
  | Welcome
  | Subscribed
  | Unsubscribed
  | Snapshot
  | Change
  | Ended
  | AccessGained
  | AccessLost
  | Visited
  | Presence
  | Sample
  | RequestWindow
  | Signals
  | Delivery
  | ScreenTable
  | Traces
  | Machine
  | Routes
  | Ticker
  | Verdict
  | People
  | Overview
  | OverviewChange
  | ActivityHistory
  | NewActivity
  | NewestActivities
  | Heartbeat
  | Pong
  | Error
  | Bye;
/**
 * Why the server closes. Clients reconnect after 4000-4499, and not after 4500-4999.
 */
export type CloseCode = 1009 | 4000 | 4001 | 4002 | 4005 | 4500 | 4501 | 4503 | 4504 | 4505;

/**
 * Subscribe to a topic; with `since`, `epoch` and `digest`, resume from that position.
 */
export interface Subscribe {
  type: 'subscribe';
  topic: string;
  id?: number | null;
  since?: number | null;
  epoch?: string | null;
  digest?: string | null;
}
/**
 * Unsubscribe from a topic.
 */
export interface Unsubscribe {
  type: 'unsubscribe';
  topic: string;
  id?: number | null;
}
/**
 * Show the other subscribers of a list what this user is doing.
 *
 *     It replaces the frame before it. `trip` and the claimed `aisles` need the state `shopping`,
 *     `editing` is an item. A frame with any of the last four fields, also if it is null, holds
 *     for the seconds of `welcome.limits.presence`: repeat it.
 */
export interface SetPresence {
  type: 'presence';
  topic: string;
  state: 'away' | 'shopping' | 'viewing';
  id?: number | null;
  trip?: Trip | null;
  /**
   * @maxItems 20
   */
  aisles?: string[];
  editing?: string | null;
  leaving_at?: string | null;
}
/**
 * A way through a shop. Items that are bought after `started_at` belong to it.
 */
export interface Trip {
  id: string;
  started_at: string;
  shop?: string | null;
}
/**
 * This screen shows a list at `version`; `digest` is that of the shown rows.
 *
 *     `paint_ms` is the time from receiving the newest change to showing it, `held_ms` the time
 *     from then until this frame was sent.
 */
export interface Seen {
  type: 'seen';
  topic: string;
  version: number;
  digest: string;
  paint_ms?: number | null;
  held_ms?: number | null;
  id?: number | null;
}
/**
 * Authenticate with a token. It is the first frame of a socket without other credentials.
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
 * The first frame after the user of a socket is authenticated. `at` is the server's clock.
 */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  server: string;
  at: string;
  connection: string;
  user: Person;
  lists: KnownList[];
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
 * The position of a list, and the last visit of the user, unless it was to another epoch.
 */
export interface KnownList {
  id: string;
  epoch: string;
  version: number;
  digest: string;
  visited?: Visit;
}
/**
 * Up to which version the user has seen a list, on any device, and when it was seen last.
 */
export interface Visit {
  version: number;
  at: string;
}
/**
 * The limits of a client: topics, bytes of a message, frames a second.
 *
 *     `presence` is how long a presence holds that the client repeats, in seconds.
 */
export interface Limits {
  topics?: number;
  message?: number;
  rate?: number;
  presence?: number;
}
/**
 * The response to `subscribe`.
 *
 *     List topics have `epoch`, `version`, `digest` and `recovered`. Counter topics
 *     have `history`: the last 300 samples as columns. After `lists` and `activity` a
 *     frame with all lists or with the newest changes follows.
 */
export interface Subscribed {
  type: 'subscribed';
  topic: string;
  id?: number | null;
  epoch?: string | null;
  version?: number | null;
  digest?: string | null;
  recovered?: boolean | null;
  history?: {
    [k: string]: unknown[];
  } | null;
}
/**
 * The response to `unsubscribe`.
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
  digest: string;
  part: number;
  parts: number;
  list: ListRow;
  items: ItemRow[];
}
/**
 * A list's own fields, the same for every member.
 *
 *     `shops` and `staples` are by name. A row that was recorded before a field existed does
 *     not have it: the field then has its default.
 */
export interface ListRow {
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
 * One item; `version` is the list's version at the item's last change.
 *
 *     `shops` are the names of the shops that it is for, empty for any shop. A row that was
 *     recorded before a field existed does not have it: the field then has its default.
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
  shops?: string[];
  not_found_at?: string | null;
}
/**
 * One recorded change of one list, and the frame that every subscriber gets.
 *
 *     `base` is the digest of the list before the change, `digest` the one after it.
 *     `items` are whole rows, `gone` the ids of removed ones. A change of more than 200 items has
 *     `patches` for those that are not new, and only the new ones in `items`. `list` is absent when
 *     neither the list's own fields nor its members changed. `op` is the Idempotency-Key of the
 *     request that made the change. `undoes` is present on the verb `undo` only.
 */
export interface Change {
  type: 'change';
  topic: string;
  epoch: string;
  version: number;
  base: string;
  digest: string;
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
  patches?: ItemPatch[];
  undoes?: number;
}
/**
 * Items that exist, and the new values that all of them get.
 */
export interface ItemPatch {
  ids: string[];
  fields: ItemFields;
}
/**
 * The new values of an item's fields; a field that is absent keeps its value.
 */
export interface ItemFields {
  name?: string;
  quantity?: string;
  note?: string;
  category?: string;
  purchased?: boolean;
  purchased_at?: string | null;
  purchased_by?: Person | null;
  position?: string;
  version?: number;
  created_at?: string;
  created_by?: Person | null;
  updated_at?: string;
  shops?: string[];
  not_found_at?: string | null;
}
/**
 * The server ended the subscription to this topic.
 */
export interface Ended {
  type: 'ended';
  topic: string;
  reason: 'deleted' | 'revoked';
}
/**
 * The user became a member of a list.
 */
export interface AccessGained {
  type: 'joined';
  list: ListPosition;
}
/**
 * The position of a list: its epoch, its version and the digest of its rows.
 */
export interface ListPosition {
  id: string;
  epoch: string;
  version: number;
  digest: string;
}
/**
 * The user is no longer a member of a list.
 *
 *     `by` is another user who removed them `at` that time, if both are known.
 */
export interface AccessLost {
  type: 'left';
  list: string;
  by?: Person;
  at?: string;
}
/**
 * The user has seen a list up to this version, on any device.
 */
export interface Visited {
  type: 'visited';
  list: string;
  epoch: string;
  version: number;
  at: string;
}
/**
 * All users who have the list open.
 */
export interface Presence {
  type: 'presence';
  topic: string;
  people: PresentPerson[];
}
/**
 * A user who has a list open.
 *
 *     The other fields are those of `presence` from a client. Each is absent if there is nothing
 *     to say. Of several users who claim an aisle, the first one has it.
 */
export interface PresentPerson {
  id: number;
  name: string;
  state: 'away' | 'shopping' | 'viewing';
  since: string;
  device?: 'computer' | 'phone' | 'tablet';
  trip?: Trip;
  aisles?: string[];
  editing?: string;
  leaving_at?: string;
}
/**
 * The request counters, sent once a second (docs/protocol.md).
 *
 *     Totals are counted since `since`, through restarts and by all processes.
 */
export interface Sample {
  type: 'sample';
  topic: string;
  at: string;
  since: string;
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
  screens: {
    [k: string]: number;
  };
  repairs: number;
  resumed: number;
  snapshots: number;
}
/**
 * The request counters of a longer time, as columns (docs/protocol.md).
 *
 *     The first one after `subscribed` has all points. Later ones have `update` and the last
 *     points, which replace those of the same time. `start`, `end`, `step` and the column `at` are
 *     in seconds, all but `step` of Unix time. The last point is not over before `end`.
 */
export interface RequestWindow {
  type: 'window';
  topic: string;
  start: number;
  end: number;
  step: number;
  update: boolean;
  heat_bounds_ms: number[];
  columns: {
    [k: string]: unknown[];
  };
  totals: WindowTotals;
  marks: Mark[];
}
/**
 * The counts of a whole window, and the percentiles of all of its durations.
 */
export interface WindowTotals {
  counts: {
    [k: string]: number;
  };
  latency_ms: {
    [k: string]: number | null;
  };
  delivery_ms: {
    [k: string]: number | null;
  };
}
/**
 * What happened, to explain a change of the charts.
 *
 *     `version` is a start with another version than the last start had. `fault` is a process that
 *     is silent and did not stop: it was killed, or its machine failed. `condition` is a condition
 *     of the verdict: it has a `key` and a `text` instead of a process and a version, and `until`,
 *     which is null while it goes on. The text names no user.
 */
export interface Mark {
  at: string;
  kind: 'condition' | 'fault' | 'start' | 'stop' | 'version';
  process?: string;
  version?: string;
  key?: string;
  text?: string;
  until?: string | null;
}
/**
 * All measured signals, sent once a second. It replaces the rows before it.
 */
export interface Signals {
  type: 'signals';
  topic: string;
  at: string;
  rows: SignalRow[];
}
/**
 * What one sender sent on one of Django's signals, in all processes together.
 *
 *     `sends` and `errors` are totals, through restarts, `last_second` and
 *     `last_minute` are sends. `receiver_us` has percentiles of the time of all receivers of one
 *     send, over the last minute, in microseconds.
 */
export interface SignalRow {
  signal: string;
  sender: string;
  receivers: SignalReceiver[];
  sends: number;
  errors: number;
  last_second: number;
  last_minute: number;
  receiver_us: {
    [k: string]: number | null;
  };
  newest: string | null;
}
/**
 * A function that receives a signal: its dotted name, and what its docstring begins with.
 */
export interface SignalReceiver {
  name: string;
  does: string;
}
/**
 * The path of changes to the screens, sent once a second to staff.
 *
 *     `resumes`, `snapshots`, `repairs` and `mismatches` are totals, and so are `close_codes` by
 *     code and `refusals`, handshakes that were refused, by reason. `reporting` of `screens`
 *     reported how long they paint in the last minute.
 */
export interface Delivery {
  type: 'delivery';
  topic: string;
  at: string;
  hops: DeliveryHop[];
  relays: RelayTime[];
  budget: DeliveryBudget;
  reporting: number;
  screens: number;
  resumes: number;
  snapshots: number;
  repairs: number;
  mismatches: number;
  close_codes: {
    [k: string]: number;
  };
  refusals: {
    [k: string]: number;
  };
}
/**
 * One part of the path of a change, in all processes together, over the last minute.
 *
 *     `errors` is null for a part whose errors are not counted.
 */
export interface DeliveryHop {
  name: string;
  last_minute: number;
  per_second: number;
  p50_ms: number | null;
  p99_ms: number | null;
  errors: number | null;
}
/**
 * How long the channel layer needs to bring a change to one process, over the last minute.
 */
export interface RelayTime {
  process: string;
  last_minute: number;
  p50_ms: number | null;
  p99_ms: number | null;
}
/**
 * What became of the changes that screens were owed, since counting began.
 *
 *     `promised` counts each change once for each screen that followed its list. It is the sum of
 *     `live` (written as it happened), `resumed` (read from the log later), `copied` (replaced by
 *     a snapshot), `withdrawn` (the screen stopped to follow the list before), `waiting` and
 *     `lost`. `longest_ms` is the longest time between a commit and the last screen that stayed
 *     connected.
 */
export interface DeliveryBudget {
  since: string;
  promised: number;
  live: number;
  resumed: number;
  copied: number;
  withdrawn: number;
  waiting: number;
  lost: number;
  longest_ms: number | null;
  longest_at: string | null;
}
/**
 * The slowest sockets first, sent once a second to staff. `total` counts all sockets.
 */
export interface ScreenTable {
  type: 'screens';
  topic: string;
  at: string;
  total: number;
  rows: ScreenRow[];
}
/**
 * One socket, and the lists that it follows.
 *
 *     `pending_frames` wait in its queue, `pending_bytes` there or in the buffers of the server.
 *     `oldest_ms` is the age of the oldest change that it has not taken or not confirmed, or the
 *     time in which it has not taken a byte of what waits. `is_blocked`: the buffers are full.
 *     `state` is null if it reports nothing.
 */
export interface ScreenRow {
  connection: string;
  user: Person;
  device: string;
  lists: string[];
  process: string;
  since: string;
  round_trip_ms: number | null;
  pending_frames: number;
  pending_bytes: number;
  oldest_ms: number | null;
  changes_behind: number;
  is_blocked: boolean;
  state: ('behind' | 'different' | 'identical') | null;
}
/**
 * The changes about which something became known in the last second, newest first.
 */
export interface Traces {
  type: 'traces';
  topic: string;
  at: string;
  traces: ChangeTrace[];
}
/**
 * One change on its way. `hops` are the durations of its parts up to the event loop, in ms.
 *
 *     `screen_count` counts the sockets that were owed the change; `screens` has at most 50 of
 *     each process.
 */
export interface ChangeTrace {
  list: string;
  epoch: string;
  version: number;
  at: string;
  actor: Person | null;
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
  hops: {
    [k: string]: number;
  };
  processes: TracedProcess[];
  screens: TracedScreen[];
  screen_count: number;
}
/**
 * When one process had a change in order, and when its send queues had it.
 */
export interface TracedProcess {
  process: string;
  received_ms: number | null;
  handed_ms: number | null;
}
/**
 * One socket that was owed a change. Times are in ms after the commit, null: not yet.
 *
 *     `shown_ms` is when its client reported that it shows this change or a later one, without
 *     the time for which it held the report. A client that reports nothing has none.
 *     `is_open`: the socket has not ended since.
 */
export interface TracedScreen {
  connection: string;
  user: Person;
  device: string;
  process: string;
  written_ms: number | null;
  shown_ms: number | null;
  is_open: boolean;
}
/**
 * The processes and what they stand on, sent once a second to staff.
 *
 *     `database` and `redis` are null until the first reading, and `redis` without Redis. Of the
 *     processes that read them, the first one by name is shown. `slowest_queries` is the request
 *     of the last minute whose queries took longest, of the slowest requests. `alert_host` is the
 *     host to which alerts are posted, null if there is none.
 */
export interface Machine {
  type: 'machine';
  topic: string;
  at: string;
  processes: MachineProcess[];
  storage: StorageFigures | null;
  database: DatabaseFigures | null;
  redis: RedisFigures | null;
  slowest_queries: EndedRequest | null;
  alert_host: string | null;
}
/**
 * One process of the server. Shares are percent of one CPU, in the last second.
 *
 *     `lag_ms` is how late timers of its event loop woke in the last minute. `threads_busy` are
 *     the requests that a view works at. `dashboard_cpu_percent` is the part of `cpu_percent`
 *     that the dashboard itself takes; `viewers` look at it and get `viewer_bytes` a second in all.
 */
export interface MachineProcess {
  process: string;
  pid: number;
  host: string;
  version: string;
  started_at: string;
  rss_bytes: number;
  cpu_seconds: number;
  cpu_percent: number;
  lag_ms: {
    [k: string]: number | null;
  };
  threads_busy: number;
  threads: number;
  sockets: number;
  screens: number;
  dashboard_cpu_percent: number;
  viewers: number;
  viewer_bytes: number;
}
/**
 * What the database stores, and the room that is left, in bytes; null is not known.
 *
 *     `growth_per_day` is null while the history is shorter than a day. `days_left` is null too
 *     if nothing grows. `history_bytes` is the part that the dashboard's history takes.
 */
export interface StorageFigures {
  process: string;
  at: string;
  size_bytes: number;
  wal_bytes: number | null;
  free_bytes: number | null;
  total_bytes: number | null;
  growth_per_day: number | null;
  growth_since: string | null;
  days_left: number | null;
  history_bytes: number | null;
}
/**
 * How the database works; null is not known for its kind.
 *
 *     `lock_wait_ms` is how long a writer waited for the lock of SQLite at this reading,
 *     `lock_waiters` how many queries wait for a lock of PostgreSQL.
 */
export interface DatabaseFigures {
  process: string;
  at: string;
  kind: 'PostgreSQL' | 'SQLite';
  version: string;
  round_trip_ms: number;
  connections: number | null;
  max_connections: number | null;
  lock_waiters: number | null;
  lock_wait_ms: number | null;
  transactions_per_second: number | null;
  checkpoint_at: string | null;
}
/**
 * What Redis says of itself; all is null if it does not answer within 2 seconds.
 */
export interface RedisFigures {
  process: string;
  at: string;
  answers: boolean;
  version: string | null;
  memory_bytes: number | null;
  clients: number | null;
  round_trip_ms: number | null;
}
/**
 * A request that has ended. `status` is null if its client left before the response.
 *
 *     `user` is the name of the user, if the request needed to know it.
 */
export interface EndedRequest {
  at: string;
  method: string;
  route: string;
  status: number | null;
  ms: number;
  queries: number;
  query_ms: number;
  request_id: string | null;
  user: string | null;
}
/**
 * The requests by route, once a second, for staff.
 *
 *     If `is_complete` is false, `rows` has only the rows that may differ from the frame before,
 *     and null stands for a part that is the same. `slowest` has the slowest requests of the
 *     last 5 minutes, `in_flight` the oldest open ones, of which there are `in_flight_count`.
 */
export interface Routes {
  type: 'routes';
  topic: string;
  at: string;
  is_complete: boolean;
  rows: RouteRow[];
  exceptions: ExceptionRow[] | null;
  networks: NetworkRow[] | null;
  slowest: EndedRequest[] | null;
  in_flight: OpenRequest[];
  in_flight_count: number;
}
/**
 * The requests of one method and URL pattern, in all processes together.
 *
 *     Method and route are empty for all requests whose path has no view. `last_minute` is null
 *     if there were none.
 */
export interface RouteRow {
  method: string;
  route: string;
  total: RouteFigures;
  last_minute: RouteFigures | null;
}
/**
 * The requests of one route, in some time.
 *
 *     `statuses` counts responses by their code, `aborted` the requests whose client left before
 *     the response, `errors` the responses with 5xx and the requests that ended with an exception.
 *     `requests` is the sum of `statuses` and `aborted`. `time_ms` and `query_ms` are sums,
 *     `latency_ms` has percentiles; times are those of requests with a response. `histogram`
 *     counts them up to 1, 2, 5, 10, 20, 50, 100, 200, 500, 1,000, 2,000 and 5,000 ms, and beyond.
 */
export interface RouteFigures {
  requests: number;
  statuses: {
    [k: string]: number;
  };
  aborted: number;
  errors: number;
  time_ms: number;
  latency_ms: {
    [k: string]: number | null;
  };
  slowest_ms: number;
  histogram: number[];
  queries: number;
  query_ms: number;
}
/**
 * The exceptions of one type that no view handled, of one route.
 *
 *     `code` is the module, function and line that raised the newest one. There is no text of
 *     it, which may contain what a user typed.
 */
export interface ExceptionRow {
  kind: string;
  method: string;
  route: string;
  count: number;
  newest: string;
  request_id: string | null;
  code: string;
}
/**
 * The responses with 429 to one network, and its failed sign-ins.
 *
 *     `network` is an IPv4 address or the /64 of an IPv6 address; "other" are all networks that
 *     have no row of their own any more.
 */
export interface NetworkRow {
  network: string;
  throttled: number;
  failed_sign_ins: number;
  newest: string;
}
/**
 * A request in flight. `ms` is its age.
 */
export interface OpenRequest {
  method: string;
  route: string;
  state: 'running' | 'sending' | 'waiting';
  ms: number;
  request_id: string | null;
  user: string | null;
}
/**
 * The requests that ended in the last second, for staff; `omitted` more have no entry.
 */
export interface Ticker {
  type: 'ticker';
  topic: string;
  at: string;
  requests: EndedRequest[];
  omitted: number;
}
/**
 * What is wrong with the installation, sent once a second. It replaces the one before.
 *
 *     `sentence` says at most two of the conditions, or that all is well; its times are in UTC.
 *     `started_at` is the start of the process that runs for the longest. `health` tells of each
 *     part whether it works. `free_bytes` is the room on the disk of the database, if that is on
 *     this machine, and `days_left` says to staff how long it lasts, if that is known.
 */
export interface Verdict {
  type: 'verdict';
  topic: string;
  at: string;
  started_at: string;
  state: 'critical' | 'ok' | 'warning';
  sentence: string;
  health: {
    [k: string]: boolean;
  };
  free_bytes: number | null;
  days_left: number | null;
  conditions: Condition[];
  recent: Condition[];
}
/**
 * Something that is wrong since a moment, and the section of the dashboard that shows it.
 *
 *     `text` is a sentence without its period, `note` one sentence or more about what follows
 *     from it. A condition that ended has `until`.
 */
export interface Condition {
  key: string;
  severity: 'critical' | 'warning';
  since: string;
  until: string | null;
  text: string;
  note: string;
  section: 'delivery' | 'doctor' | 'lists' | 'machine' | 'now' | 'requests' | 'signals';
}
/**
 * All users who have a list open that the subscriber may view. It replaces the one before.
 *
 *     `screens` has the lists of the subscriber that a screen shows.
 */
export interface People {
  type: 'people';
  topic: string;
  people: ActivePerson[];
  screens: ListScreens[];
}
/**
 * A user who has lists open that the subscriber may view.
 */
export interface ActivePerson {
  id: number;
  name: string;
  lists: ListPresence[];
}
/**
 * What a user does on one list, and since when.
 */
export interface ListPresence {
  list: string;
  state: 'away' | 'shopping' | 'viewing';
  since: string;
}
/**
 * The screens that show a list and report what they show, in all processes together.
 *
 *     `behind` have not confirmed a change for 3 seconds, `different` show other rows than the
 *     database.
 */
export interface ListScreens {
  list: string;
  identical: number;
  behind: number;
  different: number;
}
/**
 * All lists of the user, in parts. It replaces every earlier overview.
 */
export interface Overview {
  type: 'lists';
  topic: string;
  part: number;
  parts: number;
  lists: OverviewRow[];
}
/**
 * A list without its items: its name and members, its position, and how many items it has.
 */
export interface OverviewRow {
  id: string;
  name: string;
  last_interaction: string;
  created_at: string;
  created_by: Person | null;
  members: Member[];
  epoch: string;
  version: number;
  digest: string;
  items_open: number;
  items_total: number;
}
/**
 * One list of the user as it is now.
 */
export interface OverviewChange {
  type: 'list';
  topic: string;
  list: OverviewRow;
}
/**
 * The newest changes of all lists of the user, newest first. It replaces all earlier ones.
 */
export interface ActivityHistory {
  type: 'activities';
  topic: string;
  entries: ActivityEntry[];
}
/**
 * One recorded change without its rows; `undoes` is present on the verb `undo` only.
 */
export interface ActivityEntry {
  list: string;
  epoch: string;
  version: number;
  at: string;
  actor: Actor | null;
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
  summary: ActivitySummary;
  undoes?: number;
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
 *     `items` and `members` are how many of each the change has; `list_changed` tells whether it
 *     has the list's own fields. `names` are those of the first three items and members.
 *     `fields` has the changed fields if the change edited one row only, and `category` if it gave
 *     many items, all of the same category, another one.
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
 * One more change of a list of the user.
 */
export interface NewActivity {
  type: 'activity';
  topic: string;
  entry: ActivityEntry;
}
/**
 * The newest changes since the last frame, newest first.
 *
 *     `more` has the number of the changes of each list that are older than these and not sent.
 */
export interface NewestActivities {
  type: 'newest';
  topic: string;
  entries: ActivityEntry[];
  more: {
    [k: string]: number;
  };
}
/**
 * No other frame was sent for `heartbeat` seconds; the connection works.
 */
export interface Heartbeat {
  type: 'beat';
}
/**
 * The response to `ping`.
 */
export interface Pong {
  type: 'pong';
  id?: number | null;
}
/**
 * A frame was refused. The socket stays open unless `bye` follows.
 */
export interface Error {
  type: 'error';
  code:
    | 'bad_frame'
    | 'forbidden'
    | 'not_found'
    | 'not_signed_in'
    | 'overloaded'
    | 'too_many_topics'
    | 'unavailable'
    | 'version_unknown';
  message: string;
  id?: number | null;
  retry_in?: number | null;
}
/**
 * The server closes the socket with this code after this frame.
 */
export interface Bye {
  type: 'bye';
  code: CloseCode;
  reason: string;
  retry_in?: number | null;
}
