import type { Connection } from './connection.svelte';

/** Whether the server does not answer. A page that connects for the first time has not failed yet. */
export function isServerAway({
  isOnline,
  status,
}: Pick<Connection, 'isOnline' | 'status'>): boolean {
  return !isOnline || status === 'reconnecting' || status === 'stopped';
}
