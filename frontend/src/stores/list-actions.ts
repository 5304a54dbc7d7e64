import * as m from '#messages';
import { uuid } from '../net/uuid';
import { keyOfItem, nameKey, type NewItem } from '../sync/edit';
import type { OpenList } from './open-list.svelte';

/** The most items that the server adds as one change. */
const MAX_ADDED_ITEMS = 500;

// Edits of several items, each as one change with one undo. They are loaded after the page.

export function addMany(list: OpenList, fields: readonly NewItem['fields'][]): void {
  const known = new Set(list.items.map(keyOfItem));
  const newItems = fields.map((line) => ({
    item: uuid(),
    fields: known.has(nameKey(line.name)) ? line : list.withAisle(line),
  }));
  const count = newItems.length;
  list.submitMany(
    { type: 'add items', list: list.id, newItems },
    m.items_count({ count }),
    m.list_added_toast({ count }),
  );
}

/** Untick all bought items. */
export function untickAll(list: OpenList): void {
  const items = boughtIds(list);
  list.releaseMoves();
  list.submitMany(
    { type: 'untick items', list: list.id, items },
    m.list_all_in_cart_label(),
    m.list_unticked_toast({ count: items.length }),
  );
}

/** Remove all bought items. */
export function clearCart(list: OpenList): void {
  const items = boughtIds(list);
  list.submitMany(
    { type: 'remove items', list: list.id, items },
    m.list_all_in_cart_label(),
    m.list_removed_count_toast({ count: items.length }),
  );
}

function boughtIds({ items }: OpenList): string[] {
  return items.filter(({ purchased }) => purchased).map(({ id }) => id);
}

/** The open items without an aisle for which one is known, with it. */
export function itemsForAisles({
  items,
  aisleFinder,
  aisleOrder,
}: OpenList): readonly NewItem['fields'][] {
  return items
    .filter(({ purchased, category }) => !purchased && category === '')
    .flatMap((item) => {
      const category = aisleFinder?.aisleOf(item, items, aisleOrder) ?? null;
      return category === null ? [] : [{ name: item.name, category }];
    });
}

/** Put the open items into their aisles. An item that is added again gets the aisle that it lacks. */
export function fillAisles(list: OpenList): void {
  const lines = itemsForAisles(list).slice(0, MAX_ADDED_ITEMS);
  const newItems = lines.map((fields) => ({ item: uuid(), fields }));
  const count = newItems.length;
  list.submitMany(
    { type: 'add items', list: list.id, newItems },
    m.items_count({ count }),
    m.aisles_filled({ count }),
  );
}

/** Put items into an aisle. */
export function setAisle(
  list: OpenList,
  items: readonly string[],
  label: string,
  category: string,
): void {
  for (const item of items) list.change(item, label, { category });
}
