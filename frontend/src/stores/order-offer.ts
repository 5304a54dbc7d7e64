/**
 * When a learned order of aisles is offered to the user. Pure.
 *
 * An order that the user has declined is offered again only if the walk has changed: by more than
 * one swap of neighbours, which is how far noise moves what is learned.
 */
import { nameKey } from '../sync/edit';
import { suggestedOrder, type TripTicks } from './aisle-order';
import type { PastTrip } from './past-trips';

export interface OrderOffer {
  /** All aisles of the list, in the learned order. */
  order: readonly string[];
  /** Those of them that the trips went through. */
  walked: readonly string[];
  /** The trips that speak for the order, and all that were looked at. */
  reasonCount: number;
  tripCount: number;
}

/** The most aisles that the server keeps in the order of a list (list_settings.py). */
const MAX_AISLES = 200;

/**
 * The order to offer after these trips through one shop. Null if there is none.
 *
 * `current` has all aisles of the list in the order of the shop, and `declined` is the order that
 * the user declined last.
 */
export function orderOffer(
  trips: readonly PastTrip[],
  current: readonly string[],
  declined: readonly string[] | null,
): OrderOffer | null {
  if (current.length > MAX_AISLES) return null;
  const suggestion = suggestedOrder(trips.map(ticksOf), current);
  if (!suggestion || (declined && swapsBetween(declined, suggestion.order) <= 1)) return null;
  const { order, reasons, tripCount } = suggestion;
  const visited = new Set(trips.flatMap(({ aisles }) => aisles.map(nameKey)));
  const walked = order.filter((name) => visited.has(nameKey(name)));
  return { order, walked, reasonCount: reasons.length, tripCount };
}

/** The order of the ticks is what counts, and the time of the last one. */
function ticksOf({ id, endedAt, aisles }: PastTrip): TripTicks {
  const start = endedAt - aisles.length + 1;
  return { id, ticks: aisles.map((aisle, index) => ({ aisle, at: start + index })) };
}

/** How many pairs of the aisles that are in both orders are the other way round in one of them. */
function swapsBetween(a: readonly string[], b: readonly string[]): number {
  const places = new Map(b.map((name, place) => [nameKey(name), place]));
  const common = a.flatMap((name) => places.get(nameKey(name)) ?? []);
  return common.reduce(
    (sum, place, index) => sum + common.slice(index + 1).filter((later) => later < place).length,
    0,
  );
}
