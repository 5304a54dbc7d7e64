import type { Connection } from './connection.svelte';

/** How long a connection may be lost before it is not known who is here, in milliseconds. */
export const MAX_LOST_TIME = 5000;

/**
 * Forget who is here while the connection is lost, since the server cannot say who left. It
 * says who is here when the connection is back. Call it while a component is created.
 */
export function forgetWhenLost(
  connection: Pick<Connection, 'isOnline' | 'status'>,
  forget: () => void,
): void {
  const isLive = $derived(connection.isOnline && connection.status === 'live');

  $effect(() => {
    if (isLive) return undefined;
    const timer = setTimeout(forget, MAX_LOST_TIME);
    return () => {
      clearTimeout(timer);
    };
  });
}
