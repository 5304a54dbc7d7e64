import { systemClock } from '../net/clock';
import type { ListApp } from './app';
import { startUpdate } from './app-update.svelte';
import { renewSessionDaily } from './session-renewal';

/** What a page does beside showing lists. It is loaded after them. */
export function startBackgroundTasks(app: ListApp): void {
  renewSessionDaily(systemClock, app.user);
  void startUpdate(app);
}
