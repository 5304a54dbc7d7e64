import type { Engine } from '../sync/engine';
import { waitingEntries } from '../sync/outbox';
import type { Connection } from './connection.svelte';

/**
 * Ask the browser, once, to keep what it stores when the device runs short of space.
 *
 * It is asked when an edit waits for the server: only then something could be lost, and some
 * browsers ask the user. `storage` is undefined on plain http.
 */
export function persistWhenEditWaits(
  engine: Engine,
  connection: Pick<Connection, 'status'>,
  storage: Pick<StorageManager, 'persist'> | undefined,
): void {
  if (!storage) return;
  const unsubscribe = engine.subscribe(() => {
    if (connection.status === 'live' || waitingEntries(engine.outbox).length === 0) return;
    unsubscribe();
    storage.persist().catch(() => false);
  });
}
