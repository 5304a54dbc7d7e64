import type { KnownName } from './known-name';

const DAY = 24 * 60 * 60 * 1000;

/** Fewer purchases are no rhythm. */
const MIN_PURCHASES = 3;

/** A name is due a little before its time, because people shop in advance. */
const EARLY = 0.85;

/** A name that was not bought for so many times its usual gap is not bought any more. */
const GIVEN_UP = 4;

/** The usual time between two purchases, in milliseconds: the median. Null: there is no rhythm. */
export function usualGap({ purchases }: Pick<KnownName, 'purchases'>): number | null {
  if (purchases.length < MIN_PURCHASES) return null;
  const gaps = purchases
    .slice(1)
    .map((time, index) => (purchases[index] ?? time) - time)
    .sort((a, b) => a - b);
  const middle = Math.floor(gaps.length / 2);
  const upper = gaps[middle] ?? 0;
  const median = gaps.length % 2 === 1 ? upper : ((gaps[middle - 1] ?? 0) + upper) / 2;
  return median >= DAY ? median : null;
}

export function isDue(name: Pick<KnownName, 'purchases'>, now: number): boolean {
  const gap = usualGap(name);
  if (gap === null) return false;
  const elapsed = now - (name.purchases[0] ?? now);
  return elapsed >= EARLY * gap && elapsed <= GIVEN_UP * gap;
}

/** The names of a list that are bought in a rhythm and due, those bought most often first. */
export function dueNames(names: readonly KnownName[], list: string, now: number): KnownName[] {
  return names.filter((name) => name.list === list && isDue(name, now)).sort(byTimesBought);
}

function byTimesBought(a: KnownName, b: KnownName): number {
  return b.timesBought - a.timesBought || (a.key < b.key ? -1 : 1);
}
