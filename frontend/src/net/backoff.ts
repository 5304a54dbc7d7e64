/** Full jitter: anywhere between nothing and a ceiling that doubles. */
export const BASE_DELAY = 500;
export const MAX_DELAY = 30_000;

/** Milliseconds before the retry after `failures` failures in a row. */
export function backoffDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, BASE_DELAY * 2 ** Math.min(failures, 16));
  return random() * ceiling;
}
