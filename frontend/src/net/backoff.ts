/** Exponential backoff with full jitter: a random delay below a ceiling that doubles. */
export const BASE_DELAY = 500;
export const MAX_DELAY = 30_000;

/** The delay in milliseconds before the next try, after `failures` failures in a row. */
export function backoffDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, BASE_DELAY * 2 ** Math.min(failures, 16));
  return random() * ceiling;
}
