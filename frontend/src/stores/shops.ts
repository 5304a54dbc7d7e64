import type { ItemRow } from '../protocol/frames';
import { isSameName, nameKey, type ListSettings } from '../sync/edit';

/** The names of all shops of a list: those with an order of aisles, and those of its items. */
export function shopNames(
  { shops = {} }: Pick<ListSettings, 'shops'>,
  items: readonly ItemRow[],
): readonly string[] {
  const byKey = new Map<string, string>();
  const spellings = new Set(Object.keys(shops));
  for (const item of items) for (const name of item.shops ?? []) spellings.add(name);
  for (const name of spellings) if (!byKey.has(nameKey(name))) byKey.set(nameKey(name), name);
  return [...byKey.values()].sort((a, b) => a.localeCompare(b, __LOCALE__));
}

/** Whether an item is for a shop. Without shops of its own it is for every one. */
export function isForShop({ shops = [] }: ItemRow, shop: string): boolean {
  return shop === '' || shops.length === 0 || shops.some((name) => isSameName(name, shop));
}

/** The order of aisles in a shop, or the one of the list if the shop has none. */
export function orderInShop(
  { aisles, shops }: Required<Pick<ListSettings, 'aisles' | 'shops'>>,
  shop: string,
): readonly string[] {
  const own = Object.entries(shops).find(([name]) => isSameName(name, shop))?.[1].aisles ?? [];
  return shop !== '' && own.length > 0 ? own : aisles;
}
