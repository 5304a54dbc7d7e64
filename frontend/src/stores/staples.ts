import type { ItemRow, Staple } from '../protocol/frames';
import { isSameName, keyOfItem, nameKey, type NewItem, type SettingsPatch } from '../sync/edit';

type Staples = Readonly<Record<string, Staple>>;

/** Whether an item is one of the usual ones of its list. */
export function isStaple(staples: Staples, name: string): boolean {
  return Object.keys(staples).some((staple) => isSameName(staple, name));
}

/** The patch that makes an item a usual one, or not. `before` is its name until now. */
export function staplePatch(
  staples: Staples,
  before: string,
  item: Pick<ItemRow, 'name' | 'quantity' | 'note' | 'category'>,
  isUsual: boolean,
): SettingsPatch {
  const same = Object.keys(staples).filter(
    (name) => isSameName(name, before) || isSameName(name, item.name),
  );
  const removed = same.map((name) => [name, null] as const);
  const { name, quantity, note, category } = item;
  const added = isUsual ? [[name, { quantity, note, category }] as const] : [];
  return { staples: Object.fromEntries([...removed, ...added]) };
}

/** The usual items that are not open on the list, as items to add. */
export function missingStaples(
  staples: Staples,
  items: readonly ItemRow[],
): readonly NewItem['fields'][] {
  const open = new Set(items.filter(({ purchased }) => !purchased).map(keyOfItem));
  return Object.entries(staples)
    .filter(([name]) => !open.has(nameKey(name)))
    .map(([name, fields]) => ({
      name,
      // An empty field keeps what a bought item of this name has.
      ...Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== '')),
    }));
}
