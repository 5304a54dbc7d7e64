/**
 * The order of the aisles of a shop, learned from the order in which items were ticked there.
 *
 * Of each two aisles, each trip says which came first, and how surely: by how many pairs of their
 * ticks. So one late tick does not matter in an aisle with several items. The order that the trips
 * contradict least is suggested. Newer trips count more, because shops are rebuilt. Where the
 * trips say nothing, the current order stays. Pure.
 */
import { nameKey } from '../sync/edit';

export interface TripTick {
  /** The aisle of the ticked item, empty if it has none. */
  aisle: string;
  /** Unix milliseconds. */
  at: number;
}

/** The ticks of one trip through a shop, of all who shopped, in any order. */
export interface TripTicks {
  id: string;
  ticks: readonly TripTick[];
}

export interface OrderSuggestion {
  /** The aisles of the current order, in the order in which the shop has them. */
  order: readonly string[];
  /** The ids of the trips that agree with it more than with the current order, newest first. */
  reasons: readonly string[];
  /** How many trips were looked at. */
  tripCount: number;
}

/** The trips that a suggestion needs, each through two aisles or more. */
export const MIN_TRIPS = 3;
/** The trips that must agree with it more than with the current order. */
const MIN_REASONS = 2;
/** Older trips say nothing. */
export const MAX_TRIPS = 12;
/** What a trip counts, compared with the next one. */
const DECAY = 0.85;
/** What a tick counts between two ticks of one other aisle: it is late, or was forgotten before. */
const INTERRUPTION_WEIGHT = 0.25;
/** What the current order counts: less than anything that a trip says. */
const TIE_WEIGHT = 1e-9;

/** How surely each aisle comes before each other one, by their places in the current order. */
type Votes = readonly (readonly number[])[];

interface Visit {
  id: string;
  endedAt: number;
  /** The ticks in each aisle, by its place in the current order. */
  ticks: ReadonlyMap<number, readonly WeighedTick[]>;
}

interface WeighedTick {
  at: number;
  weight: number;
}

/**
 * The order that the trips through a shop suggest. Null if it is the current one.
 *
 * `current` has all aisles, as the list shows them. Ticks in other aisles say nothing.
 */
export function suggestedOrder(
  trips: readonly TripTicks[],
  current: readonly string[],
): OrderSuggestion | null {
  const visits = newestVisits(trips, current);
  if (visits.length < MIN_TRIPS) return null;
  const votes = visits.map((visit) => votesOf(visit, current.length));
  const places = current.map((_, place) => place);
  const order = bestOrder(weightedSum(votes));
  if (order.every((place, index) => place === index)) return null;
  const reasons = visits.filter((_, index) => {
    const vote = votes[index] ?? [];
    return agreement(vote, order) > agreement(vote, places);
  });
  if (reasons.length < MIN_REASONS) return null;
  return {
    order: order.map((place) => current[place] ?? ''),
    reasons: reasons.map(({ id }) => id),
    tripCount: visits.length,
  };
}

/** The newest trips through two aisles or more, newest first. */
function newestVisits(trips: readonly TripTicks[], current: readonly string[]): Visit[] {
  const places = new Map(current.map((name, place) => [nameKey(name), place]));
  return trips
    .map((trip) => visitOf(trip, places))
    .filter(({ ticks }) => ticks.size > 1)
    .sort((a, b) => b.endedAt - a.endedAt || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_TRIPS);
}

function visitOf({ id, ticks }: TripTicks, places: ReadonlyMap<string, number>): Visit {
  const inOrder = ticks
    .map(({ aisle, at }) => ({ place: places.get(nameKey(aisle)) ?? -1, at }))
    .filter(({ place }) => place >= 0)
    .sort((a, b) => a.at - b.at || a.place - b.place);
  const byPlace = new Map<number, WeighedTick[]>();
  inOrder.forEach(({ place, at }, index) => {
    const before = inOrder[index - 1]?.place ?? place;
    const isInterruption = before !== place && before === inOrder[index + 1]?.place;
    const tick = { at, weight: isInterruption ? INTERRUPTION_WEIGHT : 1 };
    byPlace.set(place, [...(byPlace.get(place) ?? []), tick]);
  });
  return { id, endedAt: inOrder.at(-1)?.at ?? 0, ticks: byPlace };
}

/** What one trip says: for each two visited aisles a number from -1 to 1. */
function votesOf({ ticks }: Visit, count: number): Votes {
  const votes = Array.from({ length: count }, () => Array<number>(count).fill(0));
  for (const [a, ticksOfA] of ticks) {
    for (const [b, ticksOfB] of ticks) {
      const row = votes[a];
      if (row && a !== b) row[b] = meanSign(ticksOfA, ticksOfB);
    }
  }
  return votes;
}

/** How surely the first ticks are before the second ones. */
function meanSign(first: readonly WeighedTick[], second: readonly WeighedTick[]): number {
  let sum = 0;
  for (const a of first) {
    for (const b of second) sum += Math.sign(b.at - a.at) * a.weight * b.weight;
  }
  return sum / (first.length * second.length);
}

/** What all trips say together, newest first, and the current order where they say nothing. */
function weightedSum(votes: readonly Votes[]): Votes {
  const [first = []] = votes;
  return first.map((row, a) =>
    row.map((_, b) =>
      votes.reduce(
        (sum, vote, age) => sum + (vote[a]?.[b] ?? 0) * DECAY ** age,
        Math.sign(b - a) * TIE_WEIGHT,
      ),
    ),
  );
}

/**
 * The order that the votes contradict least, so far as moves of one aisle lead to it: sorted by
 * the sum of the votes of each aisle, then each is moved to its best place until none is better.
 */
function bestOrder(votes: Votes): number[] {
  const sums = votes.map((row) => row.reduce((sum, vote) => sum + vote, 0));
  const order = votes.map((_, place) => place);
  order.sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0) || a - b);
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (const aisle of [...order]) {
      if (moveToBestPlace(order, aisle, votes)) isBetter = true;
    }
  }
  return order;
}

/** Move an aisle to where the votes agree most. Returns whether that is better than before. */
function moveToBestPlace(order: number[], aisle: number, votes: Votes): boolean {
  const from = order.indexOf(aisle);
  const others = order.filter((other) => other !== aisle);
  // The gain of a place, compared with the first one.
  let gain = 0;
  const gains = [0];
  for (const other of others) {
    gain += (votes[other]?.[aisle] ?? 0) - (votes[aisle]?.[other] ?? 0);
    gains.push(gain);
  }
  const best = gains.reduce((most, each, index) => (each > (gains[most] ?? 0) ? index : most), 0);
  if ((gains[best] ?? 0) <= (gains[from] ?? 0)) return false;
  order.splice(from, 1);
  order.splice(best, 0, aisle);
  return true;
}

/** How much the votes agree with an order. */
function agreement(votes: Votes, order: readonly number[]): number {
  let sum = 0;
  order.forEach((aisle, index) => {
    for (const later of order.slice(index + 1)) sum += votes[aisle]?.[later] ?? 0;
  });
  return sum;
}
