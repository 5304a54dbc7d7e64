import type { Clock } from '../net/clock';
import type { Change, OverviewRow } from '../protocol/frames';
import { listTopic } from '../protocol/topic';
import { storedReplica, touchedIds, type Replica } from './replica';
import type { ReplicaHeader, ReplicaStorage, ReplicaWrite, StoredReplicas } from './storage';

/** The shortest time between two writes, in milliseconds: changes in between are written once. */
const WRITE_INTERVAL = 300;

/** What a replica stores beside its rows, or null if it has no position that a server would know. */
function headerOf({ epoch, version, digest, computedDigest, list }: Replica): ReplicaHeader | null {
  return epoch === null || list === null ? null : { epoch, version, digest, computedDigest, list };
}

/** A replica, and how it differs from the states of it that may be stored. */
interface Unwritten {
  replica: Replica;
  /** The digests by version since the state that was written last. */
  trail: Map<number, string>;
  /** The ids of the rows that differ. Null: all rows have to be written. */
  touched: Set<string> | null;
}

const startOf = (replica: Replica, touched: Set<string> | null): Unwritten => ({
  replica,
  trail: new Map([[replica.version, replica.digest]]),
  touched,
});

function writeOf(list: string, { replica, trail, touched }: Unwritten): ReplicaWrite | null {
  const header = headerOf(replica);
  if (!header) return null;
  const ids = touched ?? replica.items.keys();
  return {
    list,
    header,
    trail: touched && trail,
    puts: [...ids].flatMap((id) => replica.items.get(id) ?? []),
    removedIds: touched ? [...touched].filter((id) => !replica.items.has(id)) : [],
  };
}

/**
 * Stores the replicas and the overview of one user, in their order, a few times a second.
 *
 * Several tabs store the same lists. Each writes over a state that it knows, and over no other.
 */
export class ReplicaWriter implements StoredReplicas {
  #storage: ReplicaStorage | null;
  readonly #lists = new Map<string, Unwritten>();
  readonly #dirty = new Set<string>();
  #rows: ReadonlyMap<string, OverviewRow> | null = null;
  #isOverviewDirty = false;
  #cancelWrite: (() => void) | null = null;
  /** Writes and removals happen one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly storage: ReplicaStorage,
    private readonly clock: Clock,
  ) {
    this.#storage = storage;
  }

  async read(list: string): ReturnType<StoredReplicas['read']> {
    const stored = await this.storage.read(list).catch(() => null);
    const replica = stored && storedReplica(listTopic(list), stored.header, stored.items);
    if (replica && !this.#lists.has(list)) this.#lists.set(list, startOf(replica, new Set()));
    return replica;
  }

  async readOverview(): Promise<readonly OverviewRow[] | null> {
    const rows = await this.storage.readOverview().catch(() => null);
    // The server may have sent them meanwhile.
    if (!rows || this.#rows) return null;
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    return rows;
  }

  close(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = this.#storage = this.#rows = null;
    this.#isOverviewDirty = false;
    this.#lists.clear();
    this.#dirty.clear();
  }

  /** A list has a new state. `change` led to it, or else a snapshot did. */
  write(list: string, replica: Replica, change: Change | null): void {
    if (!this.#storage || !headerOf(replica)) return;
    const known = this.#lists.get(list);
    if (known && change) {
      known.replica = replica;
      known.trail.set(replica.version, replica.digest);
      for (const id of touchedIds(change)) known.touched?.add(id);
    } else this.#lists.set(list, startOf(replica, null));
    this.#dirty.add(list);
    this.#schedule();
  }

  removeList(list: string): void {
    this.#dirty.delete(list);
    this.#lists.delete(list);
    this.#enqueue((storage) => storage.remove(list));
    if (!this.#rows?.has(list)) return;
    const rows = new Map(this.#rows);
    rows.delete(list);
    this.#setOverview(rows);
  }

  /** All lists of the user: others are theirs no longer. */
  writeOverview(rows: readonly OverviewRow[]): void {
    this.#setOverview(new Map(rows.map((row) => [row.id, row])));
    const lists = rows.map(({ id }) => id);
    this.#enqueue((storage) => storage.keepOnly([...lists, ...this.#lists.keys()]));
  }

  writeOverviewRow(row: OverviewRow): void {
    if (this.#rows) this.#setOverview(new Map(this.#rows).set(row.id, row));
  }

  /** Write now: the page may be closed at any moment. */
  flush(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    for (const list of this.#dirty) this.#enqueueList(list);
    this.#dirty.clear();
    if (!this.#isOverviewDirty || !this.#rows) return;
    this.#isOverviewDirty = false;
    const rows = [...this.#rows.values()];
    this.#enqueue((storage) => storage.writeOverview(rows));
  }

  #setOverview(rows: ReadonlyMap<string, OverviewRow>): void {
    this.#rows = rows;
    this.#isOverviewDirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#storage) return;
    this.#cancelWrite ??= this.clock.schedule(WRITE_INTERVAL, () => {
      this.flush();
    });
  }

  #enqueueList(list: string): void {
    this.#enqueue(async (storage) => {
      const unwritten = this.#lists.get(list);
      const write = unwritten && writeOf(list, unwritten);
      if (!write) return;
      // What changes during the write differs from this state.
      this.#lists.set(list, startOf(unwritten.replica, new Set()));
      const result = await storage.write(write).catch(() => null);
      if (result === 'written' || storage !== this.#storage) return;
      this.#mergeBack(list, result === 'ahead' ? unwritten : null);
      if (result === 'conflict') this.#enqueueList(list);
    });
  }

  /** A write did nothing: the next one has its rows too, or all rows if `unwritten` is null. */
  #mergeBack(list: string, unwritten: Unwritten | null): void {
    const later = this.#lists.get(list);
    if (!later) return;
    if (unwritten?.touched && later.touched) {
      later.touched = new Set([...unwritten.touched, ...later.touched]);
      later.trail = new Map([...unwritten.trail, ...later.trail]);
    } else later.touched = null;
  }

  #enqueue(write: (storage: ReplicaStorage) => Promise<unknown>): void {
    const storage = this.#storage;
    if (!storage) return;
    this.#queue = this.#queue.then(() => write(storage)).catch(() => undefined);
  }
}
