import type { ItemRow, OverviewRow } from '../protocol/frames';
import type { OutboxEntry } from '../sync/outbox';
import type { KnownName } from '../sync/known-name';
import {
  NO_NAME_RECORD,
  writeResultOf,
  type NameRecord,
  type NameStorage,
  type OutboxStorage,
  type ReplicaHeader,
  type ReplicaStorage,
  type ReplicaWrite,
  type WriteResult,
} from '../sync/storage';
import type { OutboxChange, StoredOutbox } from '../sync/outbox';
import { keysOf, SESSION, type Database } from './database';
import { claimed } from './lease';
import type { LeaseStore } from './sender-lock';

/** Tells other tabs of this browser that the outbox of a user has changed. */
export interface TabChannel {
  post(): void;
  onMessage(callback: () => void): () => void;
}

/** The outbox of one user in IndexedDB. */
export class DatabaseOutbox implements OutboxStorage {
  constructor(
    private readonly database: Database,
    private readonly userId: number,
    private readonly channel: TabChannel,
  ) {}

  async read(): Promise<StoredOutbox> {
    const [entries, aliases] = await Promise.all([
      this.database.getAll('outbox', keysOf(this.userId)),
      this.database.getAll('aliases', keysOf(this.userId)),
    ]);
    return { entries: inOrder(entries).map(({ entry }) => entry), aliases };
  }

  async update(change: OutboxChange): Promise<StoredOutbox> {
    const { userId } = this;
    const transaction = this.database.transaction(['outbox', 'aliases'], 'readwrite');
    const [outbox, aliases] = [
      transaction.objectStore('outbox'),
      transaction.objectStore('aliases'),
    ];
    // Both at once: a page that is left before the writes begin loses them.
    const [rows, knownAliases] = await Promise.all([
      outbox.getAll(keysOf(userId)),
      aliases.getAll(keysOf(userId)),
    ]);
    const stored = inOrder(rows);
    const before = { entries: stored.map(({ entry }) => entry), aliases: knownAliases };
    const after = change(before);
    const orders = new Map(stored.map(({ entry, order }) => [entry.op, order]));
    let last = stored.at(-1)?.order ?? 0;
    const known = new Set<OutboxEntry>(before.entries);
    const writes: Promise<unknown>[] = [transaction.done];
    for (const entry of after.entries) {
      if (known.has(entry)) continue;
      const order = orders.get(entry.op) ?? ++last;
      writes.push(outbox.put({ order, entry }, [userId, entry.op]));
    }
    const ops = new Set(after.entries.map(({ op }) => op));
    for (const { op } of before.entries) {
      if (!ops.has(op)) writes.push(outbox.delete([userId, op]));
    }
    const ids = new Set(after.aliases.map(({ from }) => from));
    for (const alias of after.aliases) {
      if (!before.aliases.includes(alias)) writes.push(aliases.put(alias, [userId, alias.from]));
    }
    for (const { from } of before.aliases) {
      if (!ids.has(from)) writes.push(aliases.delete([userId, from]));
    }
    await Promise.all(writes);
    if (writes.length > 1) this.channel.post();
    return after;
  }

  onChange(callback: () => void): () => void {
    return this.channel.onMessage(callback);
  }
}

function inOrder<Row extends { order: number }>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => a.order - b.order);
}

/** The lists of one user in IndexedDB. */
export class DatabaseReplicas implements ReplicaStorage {
  constructor(
    private readonly database: Database,
    private readonly userId: number,
  ) {}

  async read(list: string): Promise<{ header: ReplicaHeader; items: ItemRow[] } | null> {
    const transaction = this.database.transaction(['replicas', 'items']);
    const [header, items] = await Promise.all([
      transaction.objectStore('replicas').get([this.userId, list]),
      transaction.objectStore('items').getAll(keysOf(this.userId, list)),
    ]);
    return header ? { header, items } : null;
  }

  async write(write: ReplicaWrite): Promise<WriteResult> {
    const { userId } = this;
    const { list, header, puts, removedIds, trail } = write;
    const transaction = this.database.transaction(['replicas', 'items'], 'readwrite');
    const [replicas, items] = [
      transaction.objectStore('replicas'),
      transaction.objectStore('items'),
    ];
    const stored = (await replicas.get([userId, list])) ?? null;
    const result = writeResultOf(stored, write);
    const isSame = stored?.epoch === header.epoch && stored.digest === header.digest;
    if (result !== 'written' || (isSame && stored.version === header.version && trail)) {
      await transaction.done;
      return result;
    }
    const writes: Promise<unknown>[] = [transaction.done];
    if (trail === null) writes.push(items.delete(keysOf(userId, list)));
    for (const row of puts) writes.push(items.put(row, [userId, list, row.id]));
    for (const id of removedIds) writes.push(items.delete([userId, list, id]));
    writes.push(replicas.put(header, [userId, list]));
    await Promise.all(writes);
    return result;
  }

  async remove(list: string): Promise<void> {
    const transaction = this.database.transaction(['replicas', 'items'], 'readwrite');
    await Promise.all([
      transaction.objectStore('replicas').delete([this.userId, list]),
      transaction.objectStore('items').delete(keysOf(this.userId, list)),
      transaction.done,
    ]);
  }

  async keepOnly(lists: readonly string[]): Promise<void> {
    const keys = await this.database.getAllKeys('replicas', keysOf(this.userId));
    for (const [, list] of keys) if (!lists.includes(list)) await this.remove(list);
  }

  async readOverview(): Promise<readonly OverviewRow[] | null> {
    return (await this.database.get('overviews', this.userId)) ?? null;
  }

  async writeOverview(rows: readonly OverviewRow[]): Promise<void> {
    await this.database.put('overviews', rows, this.userId);
  }
}

/** The names that one user used before, in IndexedDB. */
export class DatabaseNames implements NameStorage {
  constructor(
    private readonly database: Database,
    private readonly userId: number,
  ) {}

  async read(): Promise<{ names: KnownName[]; record: NameRecord }> {
    const transaction = this.database.transaction(['names', 'nameRecords']);
    const [names, record] = await Promise.all([
      transaction.objectStore('names').getAll(keysOf(this.userId)),
      transaction.objectStore('nameRecords').get(this.userId),
    ]);
    return { names, record: record ?? NO_NAME_RECORD };
  }

  async write(names: readonly KnownName[], removedKeys: readonly string[]): Promise<void> {
    const { userId } = this;
    const transaction = this.database.transaction(['names', 'session'], 'readwrite');
    const store = transaction.objectStore('names');
    const session = await transaction.objectStore('session').get(SESSION);
    // Another tab may have signed out meanwhile, and removed everything.
    if (session?.id !== userId) return transaction.done;
    await Promise.all([
      ...names.map((name) => store.put(name, [userId, name.key])),
      ...removedKeys.map((key) => store.delete([userId, key])),
      transaction.done,
    ]);
  }

  async updateRecord(change: (record: NameRecord) => NameRecord): Promise<NameRecord> {
    const transaction = this.database.transaction(['nameRecords', 'session'], 'readwrite');
    const store = transaction.objectStore('nameRecords');
    const session = await transaction.objectStore('session').get(SESSION);
    const record = change((await store.get(this.userId)) ?? NO_NAME_RECORD);
    if (session?.id === this.userId) await store.put(record, this.userId);
    await transaction.done;
    return record;
  }
}

/** The lease of one user in IndexedDB. */
export class DatabaseLease implements LeaseStore {
  constructor(
    private readonly database: Database,
    private readonly userId: number,
    /** A name of this tab that no other tab has. */
    private readonly holder: string,
    private readonly now: () => number,
  ) {}

  async claim(): Promise<boolean> {
    const transaction = this.database.transaction('leases', 'readwrite');
    const current = (await transaction.store.get(this.userId)) ?? null;
    const lease = claimed(current, this.holder, this.now());
    if (lease) await transaction.store.put(lease, this.userId);
    await transaction.done;
    return lease !== null;
  }

  async giveUp(): Promise<void> {
    const transaction = this.database.transaction('leases', 'readwrite');
    const current = await transaction.store.get(this.userId);
    if (current?.holder === this.holder) await transaction.store.delete(this.userId);
    await transaction.done;
  }
}
