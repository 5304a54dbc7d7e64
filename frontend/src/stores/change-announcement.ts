import type { Change } from '../protocol/frames';
import type { Replica } from '../sync/replica';
import type { Announcer } from './announcer.svelte';

/**
 * Announce a change in words. They are loaded with the first change, not with the page.
 *
 * `before` is the replica without the change, which has the names of removed items.
 */
export async function announceChange(
  announcer: Announcer,
  change: Change,
  before: Replica,
): Promise<void> {
  try {
    const { activityText, summaryOfChange } = await import('./activity-text');
    announcer.announce(activityText(summaryOfChange(change, before)));
  } catch {
    // Without a network the words cannot be loaded. The list itself shows the change.
  }
}
