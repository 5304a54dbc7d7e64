import type { ItemRow, OverviewRow } from '../../src/protocol/frames';
import { EMPTY_OUTBOX } from '../../src/sync/outbox';
import { OutboxStore } from '../../src/sync/outbox-store';
import { ReplicaWriter } from '../../src/sync/replica-writer';
import type { KnownName } from '../../src/sync/known-name';
import {
  NO_NAME_RECORD,
  writeResultOf,
  type NameRecord,
  type NameStorage,
  type OutboxStorage,
  type ReplicaHeader,
  type ReplicaStorage,
  type ReplicaWrite,
  type SenderLock,
  type UserStorage,
  type WriteResult,
} from '../../src/sync/storage';
import type { OutboxChange, StoredOutbox } from '../../src/sync/outbox';
import type { Clock } from '../../src/net/clock';

interface Step {
  tab: FakeTab;
  run: () => void;
}

interface LockRequest {
  tab: FakeTab;
  onHeld: () => void;
  onLost: () => void;
}

/**
 * The storage of one browser, as IndexedDB keeps it, with a lock. Tests decide when each
 * transaction happens. The same contract tests this and the real one.
 */
export class FakeBrowser {
  outbox: StoredOutbox = EMPTY_OUTBOX;
  replicas = new Map<string, { header: ReplicaHeader; items: Map<string, ItemRow> }>();
  overview: readonly OverviewRow[] | null = null;
  names = new Map<string, KnownName>();
  nameRecord: NameRecord = NO_NAME_RECORD;
  /** Whether writes fail, as on a full disk. */
  isFull = false;
  readonly tabs = new Set<FakeTab>();
  #steps: Step[] = [];
  #lockQueue: LockRequest[] = [];
  #holder: LockRequest | null = null;

  constructor(readonly clock: Clock) {}

  openTab(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.add(tab);
    return tab;
  }

  /** Carry out the next transaction. Returns false if there is none. */
  step(): boolean {
    const next = this.#steps.shift();
    next?.run();
    return next !== undefined;
  }

  enqueue<T>(tab: FakeTab, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.tabs.has(tab)) return;
      const step = (): void => {
        try {
          resolve(run());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#steps.push({ tab, run: step });
    });
  }

  /** End a tab. Its transactions that did not happen are lost. */
  close(tab: FakeTab): void {
    this.tabs.delete(tab);
    this.#steps = this.#steps.filter((step) => step.tab !== tab);
    this.release(tab);
  }

  acquire(request: LockRequest): void {
    if (!this.tabs.has(request.tab)) return;
    this.#lockQueue.push(request);
    this.#grant();
  }

  release(tab: FakeTab): void {
    this.#lockQueue = this.#lockQueue.filter((request) => request.tab !== tab);
    if (this.#holder?.tab === tab) this.#holder = null;
    this.#grant();
  }

  /** Take the lock away, as another tab may do. */
  stealLock(): void {
    const lost = this.#holder;
    this.#holder = null;
    lost?.onLost();
    this.#grant();
  }

  get holder(): FakeTab | null {
    return this.#holder?.tab ?? null;
  }

  #grant(): void {
    if (this.#holder) return;
    this.#holder = this.#lockQueue.shift() ?? null;
    this.#holder?.onHeld();
  }
}

/** One tab of a browser. */
export class FakeTab {
  readonly storage: UserStorage;
  readonly replicas: ReplicaStorage;
  readonly outbox: OutboxStorage;
  readonly names: NameStorage;
  readonly #listeners = new Set<() => void>();

  constructor(readonly browser: FakeBrowser) {
    const lock: SenderLock = {
      acquire: (onHeld, onLost) => {
        browser.acquire({ tab: this, onHeld, onLost });
      },
      release: () => {
        browser.release(this);
      },
    };
    this.replicas = {
      read: (list) => this.#readReplica(list),
      write: (write) => this.#writeReplica(write),
      remove: (list) => this.#remove(list),
      keepOnly: (lists) => this.#keepOnly(lists),
      readOverview: () => this.#readOverview(),
      writeOverview: (rows) => this.#writeOverview(rows),
    };
    this.outbox = {
      read: () => this.#readOutbox(),
      update: (change) => this.#update(change),
      onChange: (callback) => this.#onChange(callback),
    };
    this.names = {
      read: () => this.#readNames(),
      write: (names, removedKeys) => this.#writeNames(names, removedKeys),
      updateRecord: (change) => this.#updateNameRecord(change),
    };
    this.storage = {
      outbox: new OutboxStore(this.outbox, browser.clock),
      replicas: new ReplicaWriter(this.replicas, browser.clock),
      names: this.names,
      lock,
      close: () => {
        browser.release(this);
      },
    };
  }

  #readOutbox(): Promise<StoredOutbox> {
    return this.browser.enqueue(this, () => structuredClone(this.browser.outbox));
  }

  #update(change: OutboxChange): Promise<StoredOutbox> {
    return this.#write(() => {
      const before = JSON.stringify(this.browser.outbox);
      this.browser.outbox = structuredClone(change(structuredClone(this.browser.outbox)));
      if (JSON.stringify(this.browser.outbox) !== before) this.#tellOthers();
      return structuredClone(this.browser.outbox);
    });
  }

  #onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  #readReplica(list: string): Promise<{ header: ReplicaHeader; items: ItemRow[] } | null> {
    return this.browser.enqueue(this, () => {
      const stored = this.browser.replicas.get(list);
      return stored
        ? structuredClone({ header: stored.header, items: [...stored.items.values()] })
        : null;
    });
  }

  #writeReplica(write: ReplicaWrite): Promise<WriteResult> {
    return this.#write(() => {
      const { list, header, puts, removedIds, trail } = structuredClone(write);
      const stored = this.browser.replicas.get(list);
      const result = writeResultOf(stored?.header ?? null, write);
      if (result !== 'written') return result;
      const items = new Map(trail ? stored?.items : []);
      for (const row of puts) items.set(row.id, row);
      for (const id of removedIds) items.delete(id);
      this.browser.replicas.set(list, { header, items });
      return result;
    });
  }

  #remove(list: string): Promise<void> {
    return this.#write(() => {
      this.browser.replicas.delete(list);
    });
  }

  #keepOnly(lists: readonly string[]): Promise<void> {
    return this.#write(() => {
      for (const list of this.browser.replicas.keys())
        if (!lists.includes(list)) this.browser.replicas.delete(list);
    });
  }

  #readOverview(): Promise<readonly OverviewRow[] | null> {
    return this.browser.enqueue(this, () => structuredClone(this.browser.overview));
  }

  #writeOverview(rows: readonly OverviewRow[]): Promise<void> {
    return this.#write(() => {
      this.browser.overview = structuredClone(rows);
    });
  }

  #readNames(): Promise<{ names: KnownName[]; record: NameRecord }> {
    return this.browser.enqueue(this, () =>
      structuredClone({ names: [...this.browser.names.values()], record: this.browser.nameRecord }),
    );
  }

  #writeNames(names: readonly KnownName[], removedKeys: readonly string[]): Promise<void> {
    return this.#write(() => {
      for (const name of structuredClone(names)) this.browser.names.set(name.key, name);
      for (const key of removedKeys) this.browser.names.delete(key);
    });
  }

  #updateNameRecord(change: (record: NameRecord) => NameRecord): Promise<NameRecord> {
    return this.#write(() => {
      this.browser.nameRecord = structuredClone(change(this.browser.nameRecord));
      return this.browser.nameRecord;
    });
  }

  #write<T>(run: () => T): Promise<T> {
    return this.browser.enqueue(this, () => {
      if (this.browser.isFull) throw new DOMException('full', 'QuotaExceededError');
      return run();
    });
  }

  #tellOthers(): void {
    for (const tab of this.browser.tabs) {
      if (tab !== this) for (const listener of tab.#listeners) listener();
    }
  }
}
