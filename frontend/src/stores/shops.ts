import type { ItemRow } from '../protocol/frames';
import { isSameName, nameKey, type ListSettings, type SettingsPatch } from '../sync/edit';

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

/** What gives a shop another name: in the settings, if it has an order, and in its items. */
export interface ShopRename {
  patch: SettingsPatch | null;
  /** Items that get the same shops. */
  groups: readonly { items: readonly string[]; shops: string[] }[];
}

/** The items that the server changes at once. */
const MAX_ITEMS = 1000;

/** Rename a shop. If the list has a shop of that name, they become one, with the order of that. */
export function renamedShop(
  { shops }: Required<Pick<ListSettings, 'shops'>>,
  items: readonly ItemRow[],
  from: string,
  to: string,
): ShopRename {
  const orderOf = (name: string) =>
    Object.entries(shops).find(([other]) => isSameName(other, name)) ?? null;
  const before = orderOf(from);
  const target = isSameName(from, to) ? null : orderOf(to);
  const name = target?.[0] ?? to;
  const groups = new Map<string, { items: string[]; shops: string[] }[]>();
  for (const item of items) {
    const { id, shops: ofItem = [] } = item;
    if (!ofItem.some((shop) => isSameName(shop, from) && shop !== name)) continue;
    const renamed = ofItem.map((shop) => (isSameName(shop, from) ? name : shop));
    const unique = [...new Map(renamed.map((shop) => [nameKey(shop), shop])).values()];
    const key = JSON.stringify(unique);
    const parts = groups.get(key) ?? [];
    const last = parts.at(-1);
    if (last && last.items.length < MAX_ITEMS) last.items.push(id);
    else groups.set(key, [...parts, { items: [id], shops: unique }]);
  }
  const patch = before && { shops: { [before[0]]: null, ...(!target && { [name]: before[1] }) } };
  return { patch, groups: [...groups.values()].flat() };
}
