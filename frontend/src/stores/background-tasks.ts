import { systemClock } from '../net/clock';
import type { ListApp } from './app';
import { startUpdate } from './app-update.svelte';
import { renewSessionDaily } from './session-renewal';
import { persistWhenEditWaits } from './storage-persistence';

/** What a page does beside showing lists. It is loaded after them. */
export function startBackgroundTasks(app: ListApp): void {
  renewSessionDaily(systemClock, app.user);
  const { storage } = navigator as { storage?: StorageManager };
  persistWhenEditWaits(app.dependencies.engine, app.connection, storage);
  void startUpdate(app);
}
