import type { ItemRow } from '../protocol/frames';

/** How an item of an earlier state differs from now; null if it does not. */
export type Difference = 'removed since' | 'changed since' | 'ticked since' | 'unticked since';

const TEXTS = ['name', 'quantity', 'note', 'category', 'position'] as const;

export interface ListDifference {
  /** The items of the earlier state that are different now, by id. */
  items: ReadonlyMap<string, Difference>;
  /** How many items of now were not there. */
  addedSince: number;
}

/** Compare the items of an earlier state with those of now. */
export function differenceOf(
  then: readonly ItemRow[],
  now: ReadonlyMap<string, ItemRow>,
): ListDifference {
  const items = new Map<string, Difference>();
  let kept = 0;
  for (const item of then) {
    const current = now.get(item.id);
    if (current) kept += 1;
    const difference = current ? differenceOfItem(item, current) : 'removed since';
    if (difference) items.set(item.id, difference);
  }
  return { items, addedSince: now.size - kept };
}

function differenceOfItem(then: ItemRow, now: ItemRow): Difference | null {
  if (then.purchased !== now.purchased) return now.purchased ? 'ticked since' : 'unticked since';
  const hasOtherTick =
    then.purchased_at !== now.purchased_at || then.purchased_by?.id !== now.purchased_by?.id;
  const hasOtherShops = (then.shops ?? []).join('\n') !== (now.shops ?? []).join('\n');
  const hasOtherMark = (then.not_found_at ?? null) !== (now.not_found_at ?? null);
  const hasOtherTrip = hasOtherShops || hasOtherMark;
  const isChanged =
    hasOtherTick || hasOtherTrip || TEXTS.some((field) => then[field] !== now[field]);
  return isChanged ? 'changed since' : null;
}

/** "Since then: 2 added, 1 removed, 3 changed." */
export function differenceText({ items, addedSince }: ListDifference): string {
  const counts = new Map<string, number>();
  if (addedSince > 0) counts.set('added', addedSince);
  for (const difference of items.values()) {
    const word = difference.replace(' since', '');
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  if (counts.size === 0) return 'The items are the same now.';
  const parts = Array.from(counts, ([word, count]) => `${count} ${word}`);
  return `Since then: ${parts.join(', ')}.`;
}
