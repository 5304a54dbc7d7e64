import * as m from '#messages';
import { uuid } from '../net/uuid';
import type { ItemRow, Person } from '../protocol/frames';
import { copiedItems } from '../sync/copied-items';
import {
  isSameName,
  keyOfItem,
  nameKey,
  type CommonFields,
  type Edit,
  type NewItem,
  type SettingsPatch,
} from '../sync/edit';
import { inversePatch } from '../sync/list-settings';
import { aisleNames } from './aisle-names';
import { shopNames } from './shops';
import { missingStaples, staplePatch } from './staples';
import type { Placement } from './item-order';
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

/** Put items into an aisle. `label` says which items. */
export function setAisle(
  list: OpenList,
  items: readonly string[],
  label: string,
  category: string,
): void {
  const [first] = items;
  if (first !== undefined && items.length === 1) list.change(first, label, { category });
  else editItems(list, items, { category });
}

/** Give several items the same fields. */
export function editItems(list: OpenList, items: readonly string[], fields: CommonFields): void {
  const count = items.length;
  list.submitMany(
    { type: 'edit items', list: list.id, items, fields },
    m.items_count({ count }),
    m.select_changed({ count }),
  );
}

export function removeItems(list: OpenList, items: readonly string[]): void {
  const count = items.length;
  list.submitMany(
    { type: 'remove chosen', list: list.id, items },
    m.items_count({ count }),
    m.list_removed_count_toast({ count }),
  );
}

/** Move an item to another place, and into another aisle if the place is there. */
export function moveItem(
  list: OpenList,
  { id, name }: Pick<ItemRow, 'id' | 'name'>,
  { after, category }: Placement,
): void {
  const edits: Edit[] = [{ type: 'move items', list: list.id, items: [id], after }];
  if (category !== undefined)
    edits.unshift({ type: 'change', list: list.id, item: id, fields: { category } });
  list.submitTogether(edits, name);
}

interface OtherList {
  id: string;
  name: string;
}

/** Move items to another list. */
export function moveToList(list: OpenList, items: readonly string[], target: OtherList): void {
  const count = items.length;
  list.submitMany(
    { type: 'move to list', list: list.id, items, target: target.id },
    m.items_count({ count }),
    m.select_moved({ count, list: target.name }),
  );
}

/** Copy items to another list. */
export function copyToList(list: OpenList, items: readonly string[], target: OtherList): void {
  const rows = list.items.filter(({ id }) => items.includes(id));
  const newItems = copiedItems(rows, uuid);
  const count = rows.length;
  list.submitMany(
    {
      type: 'copy items',
      list: target.id,
      source: list.id,
      items: rows.map(({ id }) => id),
      newItems,
    },
    m.items_count({ count }),
    m.select_copied({ count, list: target.name }),
  );
}

/** Give an aisle another name. If the list has an aisle of that name, they become one. */
export function renameAisle(list: OpenList, from: string, to: string): void {
  const isKnown = aisleNames(list.rows, list.aisleOrder).some((name) => isSameName(name, to));
  const isMerge = isKnown && !isSameName(from, to);
  list.submitMany(
    { type: 'rename aisle', list: list.id, from, to },
    from,
    isMerge ? m.aisle_merged({ from, to }) : m.aisle_renamed({ from, to }),
    list.settings,
  );
}

/** Move an aisle over its neighbour: up (-1), or down (1). In a shop this is the order there. */
export function moveAisle(list: OpenList, name: string, neighbour: string, step: -1 | 1): void {
  const others = aisleNames(list.rows, list.aisleOrder).filter((each) => !isSameName(each, name));
  const index = others.findIndex((each) => isSameName(each, neighbour));
  const aisles = others.toSpliced(step < 0 ? index : index + 1, 0, name);
  const text = step < 0 ? m.aisle_before : m.aisle_behind;
  const patch = orderPatch(list.aisles.shop, aisles);
  setSettings(list, patch, name, text({ name, other: neighbour }));
}

/** Give a shop, or else the list, a learned order of aisles. Returns the function that undoes it. */
export function setAisleOrder(list: OpenList, shop: string, aisles: readonly string[]): () => void {
  return setSettings(list, orderPatch(shop, aisles), shop || list.name, m.shop_order_used());
}

function orderPatch(shop: string, order: readonly string[]): SettingsPatch {
  const aisles = [...order];
  return shop === '' ? { aisles } : { shops: { [shop]: { aisles } } };
}

function setSettings(
  list: OpenList,
  patch: SettingsPatch,
  label: string,
  text: string,
): () => void {
  const edit: Edit = { type: 'settings', list: list.id, patch };
  return list.submitMany(edit, label, text, inversePatch(list.settings, patch));
}

/** Make an item one of the usual ones of its list, or not. `before` is its name until now. */
export function setStaple(list: OpenList, before: string, item: ItemRow, isUsual: boolean): void {
  const patch = staplePatch(list.settings.staples, before, item, isUsual);
  const { name } = item;
  setSettings(list, patch, name, isUsual ? m.usual_set({ name }) : m.usual_removed({ name }));
}

/** Add the usual items that are not open on the list. */
export function addStaples(list: OpenList): void {
  const lines = missingStaples(list.settings.staples, list.items);
  if (lines.length > 0) addMany(list, lines);
  else list.tell(m.usual_all_there());
}

/** Give a shop the order of aisles of the list again. */
export function forgetShopOrder(list: OpenList, shop: string): void {
  setSettings(list, { shops: { [shop]: null } }, shop, m.shop_order_forgotten({ shop }));
}

/** Give a shop another name. If the list has a shop of that name, they become one. */
export function renameShop(list: OpenList, from: string, typed: string): void {
  const others = shopNames(list.settings, list.items).filter((name) => !isSameName(name, from));
  const other = others.find((name) => isSameName(name, typed));
  const to = other ?? typed;
  const undo = list.submitTogether(
    [{ type: 'rename shop', list: list.id, from, to }],
    from,
    inversePatch(list.settings, { shops: { [from]: null, [to]: null } }),
  );
  list.offerUndo(other ? m.aisle_merged({ from, to }) : m.aisle_renamed({ from, to }), () => {
    undo();
    showShop(list, from);
  });
  showShop(list, to);
}

function showShop(list: OpenList, shop: string): void {
  list.aisles.setShop(shop);
  list.refresh();
}

/** Create a list with all items of this one, to buy. Returns its id. */
export function createFromTemplate(list: OpenList, name: string, owner: Person): string {
  const id = uuid();
  const { items, settings, engine } = list;
  engine.submit({ type: 'create', list: id, name, owner, settings }, name);
  if (items.length > 0) {
    const newItems = copiedItems(items, uuid);
    const ids = items.map((item) => item.id);
    engine.submit({ type: 'copy items', list: id, source: list.id, items: ids, newItems }, name);
  }
  return id;
}
