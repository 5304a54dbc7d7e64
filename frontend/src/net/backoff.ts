/** Full jitter: anywhere between nothing and a ceiling that doubles. */
export const FIRST = 500;
export const LONGEST = 30_000;

/** Milliseconds before the retry after `failures` failures in a row. */
export function backoff(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16));
  return random() * ceiling;
}
