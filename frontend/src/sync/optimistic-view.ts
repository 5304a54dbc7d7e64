import type { ItemRow, Person } from '../protocol/frames';
import { keyOfItem, nameKey, renamedNames, type NewItem, type Renaming } from './edit';
import { mergeDetails, putBackDetails } from './item-merge';
import type { OutboxEntry, Outbox } from './outbox';

/** An item as the user sees it: the confirmed item with the user's own edits applied. */
export interface ViewRow {
  item: ItemRow;
  status: 'saved' | 'waiting';
}

/** The position of items that the server has not placed yet: after all others. */
const END_POSITION = '\uffff';

/** What an edit leaves behind in the rows that it changes. */
interface EditContext {
  status: ViewRow['status'];
  time: number;
  user: Person | null;
}

/**
 * The rows that edits change, by id; null for a row that they remove.
 *
 * It reads the confirmed items, and never copies them: a list may have thousands.
 */
export type RowChanges = ReadonlyMap<string, ViewRow | null>;

/** Apply edits to confirmed items, in order. */
export function optimisticChanges(
  items: ReadonlyMap<string, ItemRow>,
  edits: Outbox,
  user: Person | null,
): RowChanges {
  const rows = new EditedRows(items);
  edits.forEach((entry, index) => {
    if (entry.state !== 'rejected') applyEdit(rows, entry, index, user);
  });
  return rows.changes;
}

/** Confirmed items with the edits on top of them. */
class EditedRows {
  readonly changes = new Map<string, ViewRow | null>();

  constructor(private readonly items: ReadonlyMap<string, ItemRow>) {}

  get(id: string): ViewRow | null {
    const changed = this.changes.get(id);
    if (changed !== undefined) return changed;
    const item = this.items.get(id);
    return item ? savedRow(item) : null;
  }

  set(id: string, row: ViewRow): void {
    this.changes.set(id, row);
  }

  delete(id: string): void {
    this.changes.set(id, null);
  }

  /** A generator would be slow: each edit that adds an item looks at all of them. */
  all(): readonly ItemRow[] {
    return [
      ...[...this.items.values()].filter(({ id }) => !this.changes.has(id)),
      ...[...this.changes.values()].flatMap((row) => row?.item ?? []),
    ];
  }
}

const savedRows = new WeakMap<ItemRow, ViewRow>();

/** The row of a confirmed item without edits. It is the same object each time. */
export function savedRow(item: ItemRow): ViewRow {
  const cached = savedRows.get(item);
  if (cached) return cached;
  const row: ViewRow = { item, status: 'saved' };
  savedRows.set(item, row);
  return row;
}

/** The list's name with the user's own edits applied. */
export function optimisticName(name: string, edits: Outbox): string {
  return edits.reduce(
    (current, { edit, state }) =>
      edit.type === 'rename' && state !== 'rejected' ? edit.name : current,
    name,
  );
}

function applyEdit(
  rows: EditedRows,
  { edit, createdAt: time, state }: OutboxEntry,
  index: number,
  user: Person | null,
): void {
  const status = state === 'acknowledged' ? 'saved' : 'waiting';
  const context: EditContext = { status, time, user };
  switch (edit.type) {
    case 'add':
      addItem(rows, edit, orderKey(index), context);
      break;
    case 'add items':
    case 'copy items':
      addItems(rows, edit.newItems, orderKey(index), context);
      break;
    case 'change':
      changeItem(rows, edit.item, edit.fields, context);
      break;
    case 'remove':
      rows.delete(edit.item);
      break;
    case 'restore':
      rows.set(edit.item, { item: edit.row, status });
      break;
    case 'untick items':
      for (const id of edit.items) changeItem(rows, id, { purchased: false }, context);
      break;
    case 'edit items':
      for (const id of edit.items) changeItem(rows, id, edit.fields, context);
      break;
    case 'move items':
      moveItems(rows, edit, orderKey(LAST_INDEX - index), context);
      break;
    case 'remove items':
    case 'remove chosen':
    case 'move to list':
      for (const id of edit.items) rows.delete(id);
      break;
    case 'rename aisle':
    case 'rename shop':
      rename(rows, edit, context);
      break;
    case 'undo':
      for (const id of edit.removedIds) rows.delete(id);
      for (const item of edit.restoredRows) rows.set(item.id, { item, status });
      break;
    case 'create':
    case 'rename':
    case 'settings':
  }
}

const LAST_INDEX = 999_999;
const orderKey = (index: number): string => String(index).padStart(6, '0');

/**
 * Map each name to the item that the server adds to: the open one, else the one bought last.
 */
function mapNamesToIds(rows: EditedRows): Map<string, string> {
  const claimed = new Map<string, ItemRow>();
  for (const item of rows.all()) {
    const key = keyOfItem(item);
    const other = claimed.get(key);
    if (!other || byClaim(other, item) < 0) claimed.set(key, item);
  }
  return new Map(Array.from(claimed, ([key, { id }]) => [key, id]));
}

/** Sort the item that the server adds to behind the others of its name. */
export function byClaim(a: ItemRow, b: ItemRow): number {
  if (a.purchased !== b.purchased) return Number(b.purchased) - Number(a.purchased);
  return (a.purchased_at ?? '') < (b.purchased_at ?? '') ? -1 : 1;
}

/**
 * Place items behind another one, or at the top.
 *
 * A position that is continued with a NUL character is behind itself, and before every
 * position that the server gives. `order` is lower for a later edit: it was placed nearer.
 */
function moveItems(
  rows: EditedRows,
  { items, after }: { items: readonly string[]; after: string | null },
  order: string,
  context: EditContext,
): void {
  const anchor = after === null ? '' : rows.get(after)?.item.position;
  if (anchor === undefined) return;
  items.forEach((id, index) => {
    const position = `${anchor}\0${order}${orderKey(index)}`;
    if (rows.get(id)?.item.position !== position) changeItem(rows, id, { position }, context);
  });
}

function rename(rows: EditedRows, { type, from, to }: Renaming, context: EditContext): void {
  const key = nameKey(from);
  const isRenamed = (name: string): boolean => nameKey(name) === key;
  for (const { id, category, shops = [] } of rows.all()) {
    if (type === 'rename shop') {
      if (shops.some(isRenamed))
        changeItem(rows, id, { shops: renamedNames(shops, from, to) }, context);
    } else if (category !== to && isRenamed(category)) {
      changeItem(rows, id, { category: to }, context);
    }
  }
}

function changeItem(
  rows: EditedRows,
  id: string,
  { not_found: isMissing, ...fields }: Partial<ItemRow> & { not_found?: boolean },
  { status, time, user }: EditContext,
): void {
  const row = rows.get(id);
  if (!row) return;
  const item = { ...row.item, ...fields };
  if (isMissing !== undefined)
    item.not_found_at = isMissing ? (item.not_found_at ?? new Date(time).toISOString()) : null;
  if (item.purchased && item.not_found_at) item.not_found_at = null;
  if (fields.purchased !== undefined && fields.purchased !== row.item.purchased) {
    item.purchased_at = fields.purchased ? new Date(time).toISOString() : null;
    item.purchased_by = fields.purchased ? user : null;
  }
  rows.set(id, { item, status });
}

/** Predict the server: it merges into the item of that name, puts a bought one back, or adds. */
function addItem(
  rows: EditedRows,
  { item: id, fields }: NewItem,
  order: string,
  context: EditContext,
): void {
  const same = rows.get(id) ?? findByName(rows, fields.name);
  if (same) {
    const merged = { purchased: false, ...mergedFields(same.item, fields) };
    changeItem(rows, same.item.id, merged, context);
  } else {
    const item = provisionalItem(id, fields, order, context);
    rows.set(id, { item, status: context.status });
  }
}

function addItems(
  rows: EditedRows,
  newItems: readonly NewItem[],
  order: string,
  context: EditContext,
): void {
  const idsByName = mapNamesToIds(rows);
  newItems.forEach(({ item, fields }, index) => {
    const key = nameKey(fields.name);
    const id = idsByName.get(key) ?? item;
    idsByName.set(key, id);
    addItem(rows, { item: id, fields }, `${order}.${orderKey(index)}`, context);
  });
}

/** The fields that the server will change. None if it will refuse the edit. */
function mergedFields(item: ItemRow, fields: NewItem['fields']): Partial<ItemRow> {
  if (item.purchased) return putBackDetails(item, fields);
  const merge = mergeDetails(item, fields);
  return 'changes' in merge ? merge.changes : {};
}

function findByName(rows: EditedRows, name: string): ViewRow | null {
  const claimed = claimedItem(rows.all(), nameKey(name));
  return claimed && rows.get(claimed.id);
}

/** The item that the server adds to, if a new one has a name with this key. */
export function claimedItem(items: Iterable<ItemRow>, key: string): ItemRow | null {
  let claimed: ItemRow | null = null;
  for (const item of items) {
    const isClaimed = keyOfItem(item) === key && (!claimed || byClaim(claimed, item) < 0);
    if (isClaimed) claimed = item;
  }
  return claimed;
}

function provisionalItem(
  id: string,
  fields: Partial<ItemRow> & { name: string },
  order: string,
  { time, user }: EditContext,
): ItemRow {
  const timestamp = new Date(time).toISOString();
  return {
    quantity: '',
    note: '',
    category: '',
    purchased: false,
    ...fields,
    id,
    purchased_at: null,
    purchased_by: null,
    position: END_POSITION + order,
    version: 0,
    created_at: timestamp,
    created_by: user,
    updated_at: timestamp,
  };
}
