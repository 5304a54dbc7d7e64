import type { Change, ItemRow, ListRow, OverviewRow } from '../protocol/frames';
import type { UserProfile } from '../protocol/rest';
import type { KnownName } from './known-name';
import type { OutboxChange, StoredOutbox } from './outbox';
import type { Replica } from './replica';

/** The choices of a user in `localStorage`, where the first paint can read them. */
export const LIST_CHOICES_KEY = 'trolley_list_choices';
/** The trips of a user through shops, in `localStorage` too. */
export const PAST_TRIPS_KEY = 'trolley_past_trips';

/** Stores the outbox of one user. Every method may reject. */
export interface OutboxStorage {
  read(): Promise<StoredOutbox>;
  /** Change what is stored, in one transaction. Resolves to the result. */
  update(change: OutboxChange): Promise<StoredOutbox>;
  /** Call back when another tab has changed it. Returns a function that stops this. */
  onChange(callback: () => void): () => void;
}

/** The outbox as one tab shows it: what is stored, with the changes that are not stored yet. */
export interface TabOutbox {
  readonly current: StoredOutbox;
  /**
   * Read what is stored, and call back at each change, also by another tab.
   *
   * `isShown` is false if the edits are the same as before, and only stored now.
   */
  open(onChange: (isShown: boolean) => void): Promise<void>;
  /** Show a change at once, and store it. */
  update(change: OutboxChange): void;
  /** Read what other tabs have stored. */
  reload(): Promise<void>;
  /** Whether an edit outlives the page. */
  isStored(op: string): boolean;
  /** Whether an edit has to be stored before it is sent. */
  isUnwritten(op: string): boolean;
  close(): void;
}

/** The parts of a replica that are stored once for each list. */
export type ReplicaHeader = Pick<Replica, 'version' | 'digest' | 'computedDigest'> & {
  epoch: string;
  list: ListRow;
};

/** A newer state of a stored replica. */
export interface ReplicaWrite {
  list: string;
  header: ReplicaHeader;
  /** All rows, or those that differ from any of the states of `trail`. */
  puts: readonly ItemRow[];
  removedIds: readonly string[];
  /**
   * The digests by version of the states that these rows may be written over. Null: `puts` has
   * all rows, and they replace whatever is stored.
   */
  trail: ReadonlyMap<number, string> | null;
}

/**
 * `written`: what is stored is this state. `ahead`: another tab has stored a later version, and
 * nothing was written. `conflict`: another state is stored, so all rows are needed.
 */
export type WriteResult = 'written' | 'ahead' | 'conflict';

/** What a write does to the state that is stored now. Pure. */
export function writeResultOf(stored: ReplicaHeader | null, write: ReplicaWrite): WriteResult {
  const { header, trail } = write;
  if (trail === null) return 'written';
  if (stored?.epoch !== header.epoch) return 'conflict';
  if (trail.get(stored.version) === stored.digest) return 'written';
  return stored.version > header.version ? 'ahead' : 'conflict';
}

/** Stores a copy of each list of one user. Every method may reject. */
export interface ReplicaStorage {
  read(list: string): Promise<{ header: ReplicaHeader; items: readonly ItemRow[] } | null>;
  /** Write a replica in one transaction, as `writeResultOf` decides. */
  write(write: ReplicaWrite): Promise<WriteResult>;
  remove(list: string): Promise<void>;
  /** Remove all lists but these. */
  keepOnly(lists: readonly string[]): Promise<void>;
  readOverview(): Promise<readonly OverviewRow[] | null>;
  writeOverview(rows: readonly OverviewRow[]): Promise<void>;
}

/** The lists of one user, as this page stores them. Nothing here fails: a list is stored or not. */
export interface StoredReplicas {
  /** The replica of a list, null if it is not stored, or not as it was written. */
  read(list: string): Promise<Replica | null>;
  /** The overview, null if it is not stored or was written meanwhile. */
  readOverview(): Promise<readonly OverviewRow[] | null>;
  /** Store a new state of a list soon. `change` led to it, or else a snapshot did. */
  write(list: string, replica: Replica, change: Change | null): void;
  removeList(list: string): void;
  /** All lists of the user. Others are removed. */
  writeOverview(rows: readonly OverviewRow[]): void;
  writeOverviewRow(row: OverviewRow): void;
  /** Write now: the page may be closed at any moment. */
  flush(): void;
  close(): void;
}

/** What this browser knows of the names of one user, beside the names. */
export interface NameRecord {
  /** The entity tag of the names that the server sent, and when it was asked, in milliseconds. */
  tag: string | null;
  fetchedAt: number;
  /** The names that are not suggested to the user. */
  forgotten: readonly string[];
  /** What the user decided about names, and the server does not know yet. */
  unsent: readonly NameDecision[];
}

/** Whether a name is suggested no more, or again. */
export interface NameDecision {
  name: string;
  isForgotten: boolean;
}

export const NO_NAME_RECORD: NameRecord = { tag: null, fetchedAt: 0, forgotten: [], unsent: [] };

/** Stores the names that one user used before. Every method may reject. */
export interface NameStorage {
  read(): Promise<{ names: readonly KnownName[]; record: NameRecord }>;
  /** Write names and remove others, unless another user is signed in now. */
  write(names: readonly KnownName[], removedKeys: readonly string[]): Promise<void>;
  /** Change the record, in one transaction. Resolves to the result. */
  updateRecord(change: (record: NameRecord) => NameRecord): Promise<NameRecord>;
}

/** Lets one tab of this browser send the edits of a user. */
export interface SenderLock {
  /** Request the lock. `onHeld` is called when this tab has it, `onLost` if it is taken away. */
  acquire(onHeld: () => void, onLost: () => void): void;
  /** Give the lock back, or withdraw the request. */
  release(): void;
}

/** What this browser stores of one user. */
export interface UserStorage {
  outbox: TabOutbox;
  replicas: StoredReplicas;
  names: NameStorage;
  lock: SenderLock;
  /** Stop listening and give the lock back. */
  close(): void;
}

/** A user who has to sign in before the edits of this browser can be sent. */
export interface PendingUser {
  name: string;
  editCount: number;
}

/**
 * `stored`: edits outlive the page. `refused`: the browser stores nothing, as in some private
 * windows. `outdated`: a newer version of Trolley, in another tab, has taken the database over.
 */
export type StorageStatus = 'stored' | 'refused' | 'outdated';

/** What this browser stores. Data belongs to a user, and other users never get it. */
export interface BrowserStorage {
  readonly status: StorageStatus;
  onStatus(callback: (status: StorageStatus) => void): void;
  /** The user who was signed in last, unless they signed out. */
  readSession(): Promise<UserProfile | null>;
  /** Remember who is signed in. Other users' data is removed, except edits that were not sent. */
  writeSession(profile: UserProfile): Promise<void>;
  /** Forget who is signed in, with all lists, and with the unsent edits if `edits` says so. */
  forgetSession(edits: 'keep edits' | 'remove edits'): Promise<void>;
  /** The users whose edits wait in this browser. */
  pendingUsers(): Promise<PendingUser[]>;
  ofUser(userId: number): UserStorage;
}
