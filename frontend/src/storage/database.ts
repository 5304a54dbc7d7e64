import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { ItemRow, OverviewRow } from '../protocol/frames';
import type { UserProfile } from '../protocol/rest';
import type { OutboxEntry } from '../sync/outbox';
import type { KnownName } from '../sync/known-name';
import type { NameRecord, ReplicaHeader, StorageStatus } from '../sync/storage';
import type { Alias } from '../sync/outbox';
import type { Lease } from './lease';

/** The version of the schema below. A newer one is created by `upgrade`. */
const SCHEMA_VERSION = 2;

/** The key of who is signed in. */
export const SESSION = 'current';

/** How long to wait for a tab that holds an older version open, in milliseconds. */
export const BLOCKED_TIMEOUT = 3000;

/** An outbox entry in its place. */
export interface StoredEntry {
  order: number;
  entry: OutboxEntry;
}

/** Everything of a user has a key that begins with the user's id. */
export interface TrolleySchema extends DBSchema {
  /** Who is signed in, under the key `SESSION`. */
  session: { key: string; value: UserProfile };
  /** The names of the users whose edits wait, by their id. */
  users: { key: number; value: { id: number; name: string } };
  /** By user and op. */
  outbox: { key: [number, string]; value: StoredEntry };
  /** By user and the id that this browser chose. */
  aliases: { key: [number, string]; value: Alias };
  /** By user and list. */
  replicas: { key: [number, string]; value: ReplicaHeader };
  /** By user, list and item, so that one change writes one row. */
  items: { key: [number, string, string]; value: ItemRow };
  /** By user. */
  overviews: { key: number; value: readonly OverviewRow[] };
  /** By user: who sends, where the browser has no locks. */
  leases: { key: number; value: Lease };
  /** By user and key of the name. */
  names: { key: [number, string]; value: KnownName };
  /** By user. */
  nameRecords: { key: number; value: NameRecord };
}

export type Database = IDBPDatabase<TrolleySchema>;

/** The stores by the version of the schema that brought them. */
const STORES_OF_VERSIONS = [
  ['session', 'users', 'outbox', 'aliases', 'replicas', 'items', 'overviews', 'leases'],
  ['names', 'nameRecords'],
] as const;

export const STORES = STORES_OF_VERSIONS.flat();

function upgrade(database: Database, oldVersion: number): void {
  for (const names of STORES_OF_VERSIONS.slice(oldVersion))
    for (const name of names) database.createObjectStore(name);
}

/** All keys that begin with these values. An array sorts behind every string and number. */
export function keysOf(...prefix: (number | string)[]): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

/**
 * Open the database. `onStatus` is told when this tab has to go on without it.
 *
 * Rejects if the browser refuses, or another tab does not let go of an older version.
 */
export async function openDatabase(
  onStatus: (status: StorageStatus) => void,
  version = SCHEMA_VERSION,
): Promise<Database> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const opening = openDB<TrolleySchema>('trolley', version, {
    upgrade,
    blocking() {
      // A tab with a newer version waits for this one. Its data is not ours to write any more.
      void opening.then((database) => {
        database.close();
      });
      onStatus('outdated');
    },
    terminated() {
      onStatus('refused');
    },
  });
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('another tab holds an older database open'));
      opening.then((database) => {
        database.close();
      }, ignore);
    }, BLOCKED_TIMEOUT);
  });
  try {
    return await Promise.race([opening, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

const ignore = (): undefined => undefined;
