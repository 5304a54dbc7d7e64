import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from '../src/net/clock';
import type { UserProfile } from '../src/protocol/rest';
import { openBrowserStorage } from '../src/storage/browser-storage';
import { BLOCKED_TIMEOUT, openDatabase, STORES, type Database } from '../src/storage/database';
import { claimed, LEASE_INTERVAL, LEASE_TIME } from '../src/storage/lease';
import { LeaseLock, STEAL_DELAY, WebLock } from '../src/storage/sender-lock';
import { DatabaseLease, DatabaseOutbox, DatabaseReplicas } from '../src/storage/user-storage';
import { LIST_CHOICES_KEY, PAST_TRIPS_KEY } from '../src/sync/storage';
import { digestOf } from '../src/sync/digest';
import { acknowledged, queued, rejected } from '../src/sync/outbox';
import { nameOfRow } from '../src/sync/known-name';
import {
  NO_NAME_RECORD,
  type NameRecord,
  type OutboxStorage,
  type ReplicaHeader,
  type ReplicaStorage,
} from '../src/sync/storage';
import type { OutboxChange } from '../src/sync/outbox';
import { ManualClock, settlePromises } from './fake/clock';
import { item, listRow } from './fake/rows';
import { FakeBrowser } from './fake/storage';

const AT = { now: 5, conflictOps: [] };
const entry = (op: string) => ({
  op,
  edit: { type: 'add', list: 'one', item: `item of ${op}`, fields: { name: op } } as const,
  label: op,
  createdAt: 1,
});

const header = (version: number, fields: Partial<ReplicaHeader> = {}): ReplicaHeader => ({
  epoch: 'aaaaaaaa',
  version,
  digest: `digest ${version}`,
  computedDigest: `digest ${version}`,
  list: listRow('one'),
  ...fields,
});

interface Tabs {
  /** Two tabs of one user of one browser. */
  outboxes: [OutboxStorage, OutboxStorage];
  replicas: ReplicaStorage;
  /** Carry out what was requested, if this does not happen by itself. */
  run<T>(request: Promise<T>): Promise<T>;
}

/** What the rest of the code may rely on, whatever stores it. */
function contract(name: string, open: () => Promise<Tabs>): void {
  describe(`an outbox in ${name}`, () => {
    it('OFF-1 has the edits in their order, with every field', async () => {
      const { outboxes, run } = await open();
      const [outbox, other] = outboxes;
      for (const op of ['z', 'a', 'm'])
        await run(outbox.update((state) => queued(state, entry(op))));
      const read = await run(other.read());
      expect(read.entries.map(({ op }) => op)).toEqual(['z', 'a', 'm']);
      expect(read.entries[1]).toEqual({
        ...entry('a'),
        state: 'waiting',
        isSent: false,
        version: null,
        changeVersion: null,
        acknowledgedAt: null,
        reason: null,
      });
    });

    it('OFF-3 applies a change to what another tab stored, and tells that tab', async () => {
      const { outboxes, run } = await open();
      const [outbox, other] = outboxes;
      const onChange = vi.fn();
      const stop = other.onChange(onChange);
      await run(outbox.update((state) => queued(state, entry('a'))));
      await run(other.update((state) => queued(state, entry('b'))));
      const result = await run(
        outbox.update((state) => ({ ...state, entries: rejected(state.entries, 'b', 'no') })),
      );
      expect(result.entries.map(({ op, state }) => [op, state])).toEqual([
        ['a', 'waiting'],
        ['b', 'rejected'],
      ]);
      await vi.waitFor(() => {
        expect(onChange).toHaveBeenCalled();
      });
      stop();
    });

    it('has the ids that the server chose, and forgets what is removed', async () => {
      const { outboxes, run } = await open();
      const [outbox, other] = outboxes;
      await run(outbox.update((state) => queued(state, entry('a'))));
      await run(
        outbox.update((state) => acknowledged(state, 'a', { id: 'theirs', version: 7 }, AT)),
      );
      const stored = await run(other.read());
      expect(stored.aliases).toEqual([{ from: 'item of a', to: 'theirs', at: 5 }]);
      expect(stored.entries).toMatchObject([{ state: 'acknowledged', version: 7 }]);
      await run(outbox.update(() => ({ entries: [], aliases: [] })));
      expect(await run(other.read())).toEqual({ entries: [], aliases: [] });
    });
  });

  describe(`replicas in ${name}`, () => {
    const all = [item('milk'), item('eggs')];
    const whole = (version: number, items = all) => ({
      list: 'one',
      header: header(version),
      puts: items,
      removedIds: [],
      trail: null,
    });

    it('OFF-2 writes the rows that a change touched over a state that it knows', async () => {
      const { replicas, run } = await open();
      expect(await run(replicas.write(whole(3)))).toBe('written');
      const ticked = item('milk', { purchased: true });
      const write = {
        list: 'one',
        header: header(4),
        puts: [ticked],
        removedIds: ['eggs'],
        trail: new Map([
          [3, 'digest 3'],
          [4, 'digest 4'],
        ]),
      };
      expect(await run(replicas.write(write))).toBe('written');
      expect(await run(replicas.read('one'))).toEqual({ header: header(4), items: [ticked] });
      // Another tab has the same state.
      expect(await run(replicas.write(write))).toBe('written');
    });

    it('writes over no state that it does not know', async () => {
      const { replicas, run } = await open();
      await run(replicas.write(whole(3)));
      const write = { ...whole(5), puts: [], trail: new Map([[4, 'digest 4']]) };
      expect(await run(replicas.write(write))).toBe('conflict');
      await run(replicas.write(whole(9)));
      expect(await run(replicas.write(write))).toBe('ahead');
      const other = { ...write, header: header(5, { epoch: 'bbbbbbbb' }) };
      expect(await run(replicas.write(other))).toBe('conflict');
      expect((await run(replicas.read('one')))?.header.version).toBe(9);
    });

    it('replaces all rows, and those of no other list', async () => {
      const { replicas, run } = await open();
      await run(replicas.write({ ...whole(3), list: 'other' }));
      await run(replicas.write(whole(3)));
      await run(replicas.write(whole(2, [item('tea')])));
      const stored = await run(replicas.read('one'));
      expect(stored?.items.map(({ id }) => id)).toEqual(['tea']);
      expect((await run(replicas.read('other')))?.items).toHaveLength(2);
    });

    it('OFF-5 drops lists that are not those of the user any more', async () => {
      const { replicas, run } = await open();
      for (const list of ['one', 'two', 'three']) await run(replicas.write({ ...whole(3), list }));
      await run(replicas.remove('one'));
      const kept = replicas.keepOnly(['three']);
      await run(kept);
      expect(await run(replicas.read('one'))).toBeNull();
      expect(await run(replicas.read('two'))).toBeNull();
      expect((await run(replicas.read('three')))?.items).toHaveLength(2);
    });

    it('has the overview', async () => {
      const { replicas, run } = await open();
      expect(await run(replicas.readOverview())).toBeNull();
      await run(replicas.writeOverview([]));
      expect(await run(replicas.readOverview())).toEqual([]);
    });
  });
}

const silent = { post: () => undefined, onMessage: () => () => undefined };
const databases: Database[] = [];

async function openTestDatabase(): Promise<Database> {
  const database = await openDatabase(() => undefined);
  databases.push(database);
  return database;
}

afterEach(() => {
  for (const database of databases.splice(0)) database.close();
  globalThis.indexedDB = new IDBFactory();
});

contract('IndexedDB', async () => {
  const channels: (() => void)[][] = [[], []];
  const database = await openTestDatabase();
  const outboxOf = (index: number): OutboxStorage =>
    new DatabaseOutbox(database, 3, {
      post: () => {
        channels[1 - index]?.forEach((callback) => {
          callback();
        });
      },
      onMessage: (callback) => {
        channels[index]?.push(callback);
        return () => channels[index]?.splice(0);
      },
    });
  const replicas = new DatabaseReplicas(database, 3);
  return { outboxes: [outboxOf(0), outboxOf(1)], replicas, run: (request) => request };
});

contract('the fake of the tests', () => {
  const browser = new FakeBrowser(new ManualClock());
  const [one, two] = [browser.openTab(), browser.openTab()];
  return Promise.resolve({
    outboxes: [one.outbox, two.outbox],
    replicas: one.replicas,
    run: async (request) => {
      while (browser.step());
      return request;
    },
  });
});

describe('the database of a browser', () => {
  const ana: UserProfile = {
    id: 3,
    name: 'Ana',
    username: 'ana',
    email: '',
    is_staff: false,
    is_guest: false,
    language: '',
  };
  const bob = { ...ana, id: 4, name: 'Bob' };

  const write = async (op: string, change?: OutboxChange) => {
    const outbox = new DatabaseOutbox(await openTestDatabase(), 3, silent);
    return outbox.update(change ?? ((state) => queued(state, entry(op))));
  };

  beforeEach(() => {
    vi.stubGlobal('navigator', {});
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('OFF-5 keeps the edits of each user apart, and says who has to sign in', async () => {
    const storage = await openBrowserStorage();
    await storage.writeSession(ana);
    await write('a');
    await write('b');
    await write('', (state) => acknowledged(state, 'b', {}, AT));
    const database = await openTestDatabase();
    const ofBob = new DatabaseOutbox(database, 4, silent);
    expect((await ofBob.read()).entries).toEqual([]);
    await storage.writeSession(bob);
    expect(await storage.pendingUsers()).toEqual([{ name: 'Ana', editCount: 1 }]);
    expect(await storage.readSession()).toEqual(bob);
    const ofAna = new DatabaseOutbox(database, 3, silent);
    expect((await ofAna.read()).entries).toHaveLength(2);
  });

  it('OFF-5 removes the lists of a user when another one signs in', async () => {
    const storage = await openBrowserStorage();
    const database = await openTestDatabase();
    const rows = [item('milk')];
    const digest = digestOf(listRow('one'), rows);
    const write = {
      list: 'one',
      header: header(1, { computedDigest: digest }),
      puts: rows,
      removedIds: [],
      trail: null,
    };
    const replicas = new DatabaseReplicas(database, 3);
    await storage.writeSession(ana);
    await replicas.write(write);
    await replicas.writeOverview([]);
    await storage.writeSession(ana);
    expect(await storage.ofUser(3).replicas.read('one')).toMatchObject({ version: 1 });
    await storage.writeSession(bob);
    expect(await replicas.read('one')).toBeNull();
    expect(await replicas.readOverview()).toBeNull();
    expect(await database.getAll('users')).toEqual([{ id: 4, name: 'Bob' }]);
  });

  it('SUG-9 OFF-5 keeps the names of a user until another one signs in', async () => {
    const storage = await openBrowserStorage();
    const { names } = storage.ofUser(3);
    const milk = nameOfRow(item('milk'), 'one');
    const forget = (record: NameRecord): NameRecord => ({ ...record, forgotten: ['Tea'] });
    await storage.writeSession(ana);
    await names.write([milk, nameOfRow(item('tea'), 'one')], []);
    await names.write([], ['tea']);
    expect(await names.updateRecord(forget)).toEqual({ ...NO_NAME_RECORD, forgotten: ['Tea'] });
    expect(await storage.ofUser(3).names.read()).toMatchObject({
      names: [milk],
      record: { forgotten: ['Tea'] },
    });
    await storage.writeSession(bob);
    await names.write([milk], []);
    await names.updateRecord(forget);
    await storage.writeSession(ana);
    expect(await names.read()).toEqual({ names: [], record: NO_NAME_RECORD });
  });

  it('adds the names to the database of an older version', async () => {
    const older = await openDB('trolley', 1, {
      upgrade(database) {
        for (const name of STORES.filter((store) => !store.startsWith('name')))
          database.createObjectStore(name);
      },
    });
    await older.put('session', ana, 'current');
    older.close();
    const storage = await openBrowserStorage();
    expect(await storage.readSession()).toEqual(ana);
    expect((await storage.ofUser(3).names.read()).names).toEqual([]);
  });

  it('OFF-2 does not show stored rows that are not what was stored', async () => {
    const storage = await openBrowserStorage();
    const database = await openTestDatabase();
    const rows = [item('milk'), item('eggs')];
    const digest = digestOf(listRow('one'), rows);
    const headers = header(1, { computedDigest: digest });
    const write = { list: 'one', header: headers, puts: rows, removedIds: [], trail: null };
    await new DatabaseReplicas(database, 3).write(write);
    expect((await storage.ofUser(3).replicas.read('one'))?.items.size).toBe(2);
    await database.delete('items', [3, 'one', 'eggs']);
    expect(await storage.ofUser(3).replicas.read('one')).toBeNull();
  });

  it.each(['keep edits', 'remove edits'] as const)(
    'OFF-5 forgets who is signed in: %s',
    async (edits) => {
      const storage = await openBrowserStorage();
      await storage.writeSession(ana);
      await write('a');
      const tab = storage.ofUser(3).outbox;
      await tab.open(() => undefined);
      expect(tab.current.entries).toHaveLength(1);
      await storage.forgetSession(edits);
      const isKept = edits === 'keep edits';
      expect(await storage.readSession()).toBeNull();
      expect(await storage.pendingUsers()).toHaveLength(isKept ? 1 : 0);
      await vi.waitFor(() => {
        expect(tab.current.entries).toHaveLength(isKept ? 1 : 0);
      });
    },
  );

  it('AIS-2, SHP-14 forgets the choices and the trips of a user who signs out, or of another one', async () => {
    const removeItem = vi.fn();
    vi.stubGlobal('localStorage', { removeItem });
    const storage = await openBrowserStorage();
    await storage.writeSession(ana);
    expect(removeItem).not.toHaveBeenCalled();
    await storage.forgetSession('keep edits');
    expect(removeItem.mock.calls).toEqual([[LIST_CHOICES_KEY], [PAST_TRIPS_KEY]]);
    await storage.writeSession(ana);
    await storage.writeSession({ ...ana, id: 4 });
    expect(removeItem).toHaveBeenCalledTimes(4);
  });

  it('lets a newer version of the page take the database, and says so', async () => {
    const storage = await openBrowserStorage();
    const statuses: string[] = [];
    storage.onStatus((status) => statuses.push(status));
    const tab = storage.ofUser(3).outbox;
    await tab.open(() => undefined);
    const newer = await openDB('trolley', 99);
    expect(statuses).toEqual(['outdated']);
    expect(storage.status).toBe('outdated');
    tab.update((state) => queued(state, entry('a')));
    await settlePromises();
    // It goes on in memory.
    expect(tab.current.entries).toHaveLength(1);
    expect([tab.isStored('a'), tab.isUnwritten('a')]).toEqual([false, false]);
    newer.close();
  });

  it('rejects instead of waiting for a tab that does not let go of an older version', async () => {
    const older = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('trolley', 1);
      request.onsuccess = () => {
        resolve(request.result);
      };
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const opening = openDatabase(() => undefined, 99).catch((error: unknown) => String(error));
    await vi.advanceTimersByTimeAsync(BLOCKED_TIMEOUT);
    expect(await opening).toContain('another tab');
    vi.useRealTimers();
    older.close();
  });

  it('rejects if the browser refuses to store', async () => {
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    await expect(openBrowserStorage()).rejects.toThrow();
  });
});

describe('a lease', () => {
  it('belongs to one tab until it ends', () => {
    const lease = claimed(null, 'a', 1000);
    expect(lease).toEqual({ holder: 'a', until: 1000 + LEASE_TIME });
    expect(claimed(lease, 'b', 1000 + LEASE_TIME - 1)).toBeNull();
    expect(claimed(lease, 'b', 1000 + LEASE_TIME)?.holder).toBe('b');
    expect(claimed(lease, 'a', 2000)?.until).toBe(2000 + LEASE_TIME);
  });

  it('does not outlast a clock that was set back', () => {
    expect(claimed({ holder: 'a', until: 1_000_000 }, 'b', 1000)?.holder).toBe('b');
  });

  it('OFF-3 passes to another tab when its holder crashes, and when it gives it back', async () => {
    const database = await openTestDatabase();
    const clock = new ManualClock();
    // The timers of a tab that crashed never fire.
    const noTimers: Clock = { ...systemClock, schedule: () => () => undefined };
    const lockOf = (tab: string, timers: Clock): LeaseLock =>
      new LeaseLock(new DatabaseLease(database, 3, tab, () => clock.now()), timers);
    const held: string[] = [];
    const acquire = (lock: LeaseLock, tab: string): void => {
      lock.acquire(
        () => held.push(tab),
        () => held.push(`${tab} lost`),
      );
    };
    const settle = () => new Promise((resolve) => setTimeout(resolve, 10));
    const [first, crashing, last] = [lockOf('a', clock), lockOf('b', noTimers), lockOf('c', clock)];
    acquire(first, 'a');
    await settle();
    acquire(crashing, 'b');
    await settle();
    expect(held).toEqual(['a']);
    first.release();
    await settle();
    acquire(crashing, 'b');
    await settle();
    acquire(last, 'c');
    for (let time = 0; time < LEASE_TIME; time += LEASE_INTERVAL) {
      await settle();
      expect(held).toEqual(['a', 'b']);
      clock.advance(LEASE_INTERVAL);
    }
    await settle();
    expect(held).toEqual(['a', 'b', 'c']);
    acquire(crashing, 'b');
    await settle();
    expect(held).toEqual(['a', 'b', 'c', 'b lost']);
  });
});

describe('a lock of the browser', () => {
  /** Locks as browsers have them: one holder, a queue, and stealing. */
  class FakeLocks {
    #queue: { run: () => void }[] = [];
    #holder: { reject: (error: Error) => void } | null = null;

    request(
      _name: string,
      { signal, steal }: LockOptions,
      callback: () => Promise<void> | undefined,
    ): Promise<void> {
      return new Promise((resolve, reject) => {
        const run = (): void => {
          const holder = { reject };
          this.#holder = holder;
          void Promise.resolve(callback()).then(() => {
            resolve();
            if (this.#holder === holder) this.#next();
          });
        };
        signal?.addEventListener('abort', () => {
          this.#queue = this.#queue.filter((waiting) => waiting.run !== run);
          reject(new DOMException('aborted', 'AbortError'));
        });
        if (steal) {
          this.#holder?.reject(new DOMException('stolen', 'AbortError'));
          run();
        } else if (this.#holder) this.#queue.push({ run });
        else run();
      });
    }

    #next(): void {
      this.#holder = null;
      this.#queue.shift()?.run();
    }
  }

  it('OFF-3 passes on when it is given back, and a visible tab takes it from one that sleeps', async () => {
    const clock = new ManualClock();
    const locks = new FakeLocks() as unknown as LockManager;
    let isVisible = false;
    const lock = () => new WebLock(locks, 'sender', clock, () => isVisible);
    const events: string[] = [];
    const acquire = (held: WebLock, tab: string): void => {
      held.acquire(
        () => events.push(tab),
        () => events.push(`${tab} lost`),
      );
    };
    const [a, b, c] = [lock(), lock(), lock()];
    acquire(a, 'a');
    acquire(b, 'b');
    acquire(c, 'c');
    c.release();
    a.release();
    await settlePromises();
    expect(events).toEqual(['a', 'b']);
    acquire(c, 'c');
    clock.advance(STEAL_DELAY);
    await settlePromises();
    expect(events).toEqual(['a', 'b']);
    isVisible = true;
    clock.advance(STEAL_DELAY);
    await settlePromises();
    expect(events.sort()).toEqual(['a', 'b', 'b lost', 'c']);
  });
});
