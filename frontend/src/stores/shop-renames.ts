/** Which name a shop has after a change of its list, from the rows before and after. */
import type { Change, ItemRow } from '../protocol/frames';
import { isSameName, nameKey } from '../sync/edit';
import { changedRows, type Replica } from '../sync/replica';
import { shopNames } from './shops';

export type ShopRows = Pick<Replica, 'list' | 'items'>;

/** A shop that has another name now. */
export interface ShopRename {
  to: string;
  /** Whether the list had no shop of the new name before. */
  isNew: boolean;
}

/** Whether a change, or a snapshot, can have renamed a shop. It does not read the whole list. */
export function changesShops(before: ShopRows, after: ShopRows, change: Change | null): boolean {
  if (!change) return true;
  if (JSON.stringify(before.list?.shops) !== JSON.stringify(after.list?.shops)) return true;
  return changedRows(change, after).some(
    (row) => shopsOf(row).join('\n') !== shopsOf(before.items.get(row.id)).join('\n'),
  );
}

/**
 * The new name of a shop. Null if the list still has it, or if the rows do not tell.
 *
 * No frame names the shop that was renamed: the change has the rows as they are afterwards. So a
 * shop has another name if it is gone, and one other took its place in its items or its order.
 */
export function shopRename(before: ShopRows, after: ShopRows, shop: string): ShopRename | null {
  const old = namesOf(before);
  const now = namesOf(after);
  const same = now.find((name) => isSameName(name, shop));
  if (same !== undefined) return same === shop ? null : { to: same, isNew: true };
  if (!old.some((name) => isSameName(name, shop))) return null;
  const to = successorInItems(before, after, shop) ?? successorInOrders(before, after);
  if (to === null) return null;
  return { to, isNew: !old.some((name) => isSameName(name, to)) };
}

function namesOf({ list, items }: ShopRows): readonly string[] {
  return shopNames({ shops: list?.shops ?? {} }, [...items.values()]);
}

/** The only name that items of the shop got in its place. */
function successorInItems(before: ShopRows, after: ShopRows, shop: string): string | null {
  const successors = new Map<string, string>();
  for (const [id, row] of before.items) {
    const current = after.items.get(id);
    if (!current || !shopsOf(row).some((name) => isSameName(name, shop))) continue;
    const keys = new Set(shopsOf(row).map(nameKey));
    for (const name of shopsOf(current).filter((each) => !keys.has(nameKey(each))))
      successors.set(nameKey(name), name);
  }
  const [only] = successors.values();
  return successors.size === 1 ? (only ?? null) : null;
}

/** The only shop that got an order of aisles. */
function successorInOrders({ list: before }: ShopRows, { list: after }: ShopRows): string | null {
  const keys = new Set(Object.keys(before?.shops ?? {}).map(nameKey));
  const added = Object.keys(after?.shops ?? {}).filter((name) => !keys.has(nameKey(name)));
  return added.length === 1 ? (added[0] ?? null) : null;
}

function shopsOf(row: ItemRow | undefined): readonly string[] {
  return row?.shops ?? [];
}
