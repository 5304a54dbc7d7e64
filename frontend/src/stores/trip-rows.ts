import type { ViewRow } from '../sync/optimistic-view';
import { groupByAisle, type AisleSection } from './aisles';
import { isForShop } from './shops';

/** What is open in a shop, aisle by aisle, and what the shop does not have today. */
export interface TripRows {
  sections: readonly AisleSection[];
  notFound: readonly ViewRow[];
}

export const noTripRows: TripRows = { sections: [], notFound: [] };

/** How long an item counts as not found: until the next day's shopping, in milliseconds. */
const NOT_FOUND_TIME = 12 * 60 * 60 * 1000;

/** Whether a shop did not have an item today. `now` is the time of the server. */
export function isNotFound({ item }: ViewRow, now: number): boolean {
  const { not_found_at: at = null, purchased } = item;
  return !purchased && at !== null && now - Date.parse(at) < NOT_FOUND_TIME;
}

/** Divide the open rows of a list. `order`: the names of the aisles in the order of the shop. */
export function tripRows(
  previous: TripRows,
  rows: readonly ViewRow[],
  { shop, order, now }: { shop: string | null; order: readonly string[]; now: number },
): TripRows {
  const wanted = rows.filter(({ item }) => isForShop(item, shop ?? ''));
  const open = wanted.filter((row) => !isNotFound(row, now));
  return {
    sections: groupByAisle(previous.sections, open, order),
    notFound: wanted.filter((row) => isNotFound(row, now)),
  };
}
