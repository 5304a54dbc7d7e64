import type { IDBPTransaction } from 'idb';
import { systemClock } from '../net/clock';
import { uuid } from '../net/uuid';
import type { UserProfile } from '../protocol/rest';
import { OutboxStore } from '../sync/outbox-store';
import { ReplicaWriter } from '../sync/replica-writer';
import {
  LIST_CHOICES_KEY,
  PAST_TRIPS_KEY,
  type BrowserStorage,
  type PendingUser,
  type SenderLock,
  type StorageStatus,
  type UserStorage,
} from '../sync/storage';
import {
  keysOf,
  openDatabase,
  SESSION,
  STORES,
  type Database,
  type TrolleySchema,
} from './database';
import { LeaseLock, WebLock } from './sender-lock';
import {
  DatabaseLease,
  DatabaseNames,
  DatabaseOutbox,
  DatabaseReplicas,
  type TabChannel,
} from './user-storage';

/** What this browser keeps of all users, in IndexedDB. */
export class DatabaseStorage implements BrowserStorage {
  #status: StorageStatus = 'stored';
  #onStatus: (status: StorageStatus) => void = () => undefined;

  constructor(private readonly database: Database) {}

  get status(): StorageStatus {
    return this.#status;
  }

  setStatus(status: StorageStatus): void {
    this.#status = status;
    this.#onStatus(status);
  }

  onStatus(callback: (status: StorageStatus) => void): void {
    this.#onStatus = callback;
  }

  async readSession(): Promise<UserProfile | null> {
    return (await this.database.get('session', SESSION)) ?? null;
  }

  async writeSession(profile: UserProfile): Promise<void> {
    const transaction = this.database.transaction([...STORES], 'readwrite');
    const { id, name } = profile;
    await Promise.all([
      transaction.objectStore('session').put(profile, SESSION),
      transaction.objectStore('users').put({ id, name }, id),
    ]);
    for (const key of await transaction.objectStore('users').getAllKeys()) {
      if (key === id) continue;
      forgetChoices();
      await removeLists(transaction, key);
      await forgetWithoutEdits(transaction, key);
    }
    await transaction.done;
  }

  async forgetSession(edits: 'keep edits' | 'remove edits'): Promise<void> {
    forgetChoices();
    const transaction = this.database.transaction([...STORES], 'readwrite');
    const profile = await transaction.objectStore('session').get(SESSION);
    await transaction.objectStore('session').delete(SESSION);
    if (profile) {
      await removeLists(transaction, profile.id);
      if (edits === 'remove edits') {
        await transaction.objectStore('outbox').delete(keysOf(profile.id));
        await transaction.objectStore('aliases').delete(keysOf(profile.id));
      }
      await forgetWithoutEdits(transaction, profile.id);
    }
    await transaction.done;
    if (profile) tellTabs(profile.id);
  }

  async pendingUsers(): Promise<PendingUser[]> {
    const users = await this.database.getAll('users');
    const pending = users.map(async ({ id, name }) => {
      const stored = await this.database.getAll('outbox', keysOf(id));
      const unsaved = stored.filter(({ entry }) => entry.state !== 'acknowledged');
      return { name, editCount: unsaved.length };
    });
    return (await Promise.all(pending)).filter(({ editCount }) => editCount > 0);
  }

  ofUser(userId: number): UserStorage {
    const channel = openChannel(userId);
    return {
      outbox: new OutboxStore(
        new DatabaseOutbox(this.database, userId, tabChannel(channel)),
        systemClock,
      ),
      replicas: new ReplicaWriter(new DatabaseReplicas(this.database, userId), systemClock),
      names: new DatabaseNames(this.database, userId),
      lock: this.#lock(userId),
      close() {
        this.lock.release();
        channel.close();
      },
    };
  }

  #lock(userId: number): SenderLock {
    // Browsers have locks only for https, and many home installations use plain http.
    const { locks } = navigator as { locks?: LockManager };
    const isVisible = (): boolean => document.visibilityState === 'visible';
    if (locks) return new WebLock(locks, `trolley sender ${userId}`, systemClock, isVisible);
    const lease = new DatabaseLease(this.database, userId, uuid(), () => Date.now());
    return new LeaseLock(lease, systemClock);
  }
}

type Transaction = IDBPTransaction<TrolleySchema, (typeof STORES)[number][], 'readwrite'>;

/** Remove the lists and the names of a user. Edits that were not sent stay. */
async function removeLists(transaction: Transaction, userId: number): Promise<void> {
  await Promise.all([
    transaction.objectStore('replicas').delete(keysOf(userId)),
    transaction.objectStore('items').delete(keysOf(userId)),
    transaction.objectStore('overviews').delete(userId),
    transaction.objectStore('names').delete(keysOf(userId)),
    transaction.objectStore('nameRecords').delete(userId),
  ]);
}

/** Forget the name of a user, unless their edits wait. */
async function forgetWithoutEdits(transaction: Transaction, userId: number): Promise<void> {
  const stored = await transaction.objectStore('outbox').getAll(keysOf(userId));
  if (stored.some(({ entry }) => entry.state !== 'acknowledged')) return;
  await transaction.objectStore('outbox').delete(keysOf(userId));
  await transaction.objectStore('users').delete(userId);
}

/** Forget how a user wants to see their lists, and how they walk through shops. */
function forgetChoices(): void {
  // Tests run without it.
  for (const key of [LIST_CHOICES_KEY, PAST_TRIPS_KEY]) globalThis.localStorage?.removeItem(key);
}

const openChannel = (userId: number): BroadcastChannel =>
  new BroadcastChannel(`trolley outbox ${userId}`);

function tellTabs(userId: number): void {
  const channel = openChannel(userId);
  channel.postMessage(null);
  channel.close();
}

function tabChannel(channel: BroadcastChannel): TabChannel {
  return {
    post() {
      channel.postMessage(null);
    },
    onMessage(callback) {
      channel.addEventListener('message', callback);
      return () => {
        channel.removeEventListener('message', callback);
      };
    },
  };
}

/** Open what this browser stores. Rejects if it stores nothing. */
export async function openBrowserStorage(): Promise<DatabaseStorage> {
  let storage: DatabaseStorage | null = null;
  const database = await openDatabase((status) => storage?.setStatus(status));
  storage = new DatabaseStorage(database);
  return storage;
}
