import { nameKey } from '../sync/edit';
import type { ViewRow } from '../sync/optimistic-view';
import type { AisleTable } from './aisle-finder';
import type { AisleKind } from './aisle-words/names';
import { groupByAisle } from './aisles';

/** The names of all aisles of a list: those of `order`, then those of its items, by name. */
export function aisleNames(rows: readonly ViewRow[], order: readonly string[]): readonly string[] {
  const keys = new Set(order.map(nameKey));
  const others = groupByAisle([], rows, order)
    .filter(({ key }) => key !== '' && !keys.has(key))
    .map(({ name }) => name);
  return [...order, ...others];
}

/** The names of usual aisles for goods of which a list has none, by any name. */
export function otherAisles(
  names: readonly string[],
  table: AisleTable | undefined,
): readonly string[] {
  const keys = names.map(nameKey);
  const isMissing = (kind: AisleKind): boolean =>
    table !== undefined && !keys.some((key) => table.keysOf(kind).has(key));
  return table?.kinds.filter(isMissing).map((kind) => table.nameOf(kind)) ?? [];
}
