import type { Clock } from './clock';

const ACTIVITY = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;

/** Call back once, when nobody has touched the page for some milliseconds. */
export function onIdle(clock: Clock, milliseconds: number, callback: () => void): void {
  const listening = new AbortController();
  let cancel = clock.schedule(milliseconds, end);
  function end(): void {
    listening.abort();
    callback();
  }
  const restart = (): void => {
    cancel();
    cancel = clock.schedule(milliseconds, end);
  };
  for (const type of ACTIVITY)
    addEventListener(type, restart, { passive: true, signal: listening.signal });
}
