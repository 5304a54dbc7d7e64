/** Exponential backoff with full jitter: a random delay below a ceiling that doubles. */
export const BASE_DELAY = 500;
export const MAX_DELAY = 30_000;

/** The ceiling while the page is visible, because its user may be waiting. */
export const MAX_VISIBLE_DELAY = 4000;

/** The delay in milliseconds before the next try, after `failures` failures in a row. */
export function backoffDelay(
  failures: number,
  random: () => number,
  maxDelay: number = MAX_DELAY,
): number {
  const ceiling = Math.min(maxDelay, BASE_DELAY * 2 ** Math.min(failures, 16));
  return random() * ceiling;
}
