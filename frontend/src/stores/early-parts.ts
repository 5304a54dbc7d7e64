import { openBrowserStorage } from '../storage/browser-storage';
import type { Engine } from '../sync/engine';
import type { BrowserStorage } from '../sync/storage';
import { clashesOf } from './clashes.svelte';

/**
 * Open what this browser stores.
 *
 * The engine connects after that. The first change that it gets may replace what an edit that
 * waits has set, so clashes are noticed from now on.
 */
export function openStorage(engine: Engine): Promise<BrowserStorage> {
  clashesOf(engine);
  return openBrowserStorage();
}
