import type { ItemRow, Person } from '../protocol/types';
import { nameKey, isSameName, type NewItem } from './edit';
import type { OutboxEntry, Outbox } from './outbox';

/** An item as the person should see it: what is confirmed, with their own edits laid over. */
export interface ViewRow {
  item: ItemRow;
  status: 'saved' | 'waiting';
}

/** Where items go that the server has not placed yet: after all others. */
const END_POSITION = '\uffff';

const savedRows = new WeakMap<ItemRow, ViewRow>();

/** Lay edits over confirmed items, in order. Untouched items keep their row's identity. */
export function optimisticRows(
  items: ReadonlyMap<string, ItemRow>,
  edits: Outbox,
  user: Person | null,
): ViewRow[] {
  const rows = new Map<string, ViewRow>();
  for (const [id, item] of items) rows.set(id, savedRow(item));
  edits.forEach((entry, index) => {
    if (entry.state !== 'rejected') applyEdit(rows, entry, index, user);
  });
  return [...rows.values()].sort(byPosition);
}

/** The list's name with a rename laid over. */
export function optimisticName(name: string, edits: Outbox): string {
  return edits.reduce(
    (current, { edit, state }) =>
      edit.type === 'rename' && state !== 'rejected' ? edit.name : current,
    name,
  );
}

function savedRow(item: ItemRow): ViewRow {
  const known = savedRows.get(item);
  if (known) return known;
  const row: ViewRow = { item, status: 'saved' };
  savedRows.set(item, row);
  return row;
}

function byPosition({ item: a }: ViewRow, { item: b }: ViewRow): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function applyEdit(
  rows: Map<string, ViewRow>,
  { edit, createdAt, state }: OutboxEntry,
  index: number,
  user: Person | null,
): void {
  const status = state === 'acknowledged' ? 'saved' : 'waiting';
  if (edit.type === 'remove') rows.delete(edit.item);
  else if (edit.type === 'restore') rows.set(edit.item, { item: edit.row, status });
  else if (edit.type === 'change')
    changeItem(rows, edit.item, edit.fields, status, createdAt, user);
  else if (edit.type === 'add') addItem(rows, edit, orderKey(index), status, createdAt, user);
  else if (edit.type === 'add items') {
    const idsByName = mapNamesToIds(rows);
    edit.newItems.forEach((line, lineIndex) => {
      const id = idsByName.get(nameKey(line.fields.name)) ?? line.item;
      idsByName.set(nameKey(line.fields.name), id);
      addItem(
        rows,
        { ...line, item: id },
        `${orderKey(index)}.${orderKey(lineIndex)}`,
        status,
        createdAt,
        user,
      );
    });
  } else if (edit.type === 'untick items') {
    for (const id of edit.items)
      changeItem(rows, id, { purchased: false }, status, createdAt, user);
  } else if (edit.type === 'remove items') for (const id of edit.items) rows.delete(id);
  else if (edit.type === 'undo') {
    for (const id of edit.removedIds) rows.delete(id);
    for (const item of edit.restoredRows) rows.set(item.id, { item, status });
  }
}

const orderKey = (index: number): string => String(index).padStart(6, '0');

/** Which item has a name; an open one before one that was bought. */
function mapNamesToIds(rows: ReadonlyMap<string, ViewRow>): Map<string, string> {
  const sorted = [...rows.values()].sort(
    (a, b) => Number(b.item.purchased) - Number(a.item.purchased),
  );
  return new Map(sorted.map(({ item }) => [nameKey(item.name), item.id]));
}

function changeItem(
  rows: Map<string, ViewRow>,
  id: string,
  fields: Partial<ItemRow>,
  status: ViewRow['status'],
  time: number,
  user: Person | null,
): void {
  const row = rows.get(id);
  if (!row) return;
  const item = { ...row.item, ...fields };
  if (fields.purchased !== undefined && fields.purchased !== row.item.purchased) {
    item.purchased_at = fields.purchased ? new Date(time).toISOString() : null;
    item.purchased_by = fields.purchased ? user : null;
  }
  rows.set(id, { item, status });
}

/** What the server will do: fill in an open item of that name, put a bought one back, or add. */
function addItem(
  rows: Map<string, ViewRow>,
  { item: id, fields }: NewItem,
  order: string,
  status: ViewRow['status'],
  time: number,
  user: Person | null,
): void {
  const same = rows.get(id) ?? findByName(rows, fields.name);
  if (same) {
    changeItem(
      rows,
      same.item.id,
      { purchased: false, ...mergedFields(same.item, fields) },
      status,
      time,
      user,
    );
  } else {
    rows.set(id, { item: provisionalItem(id, fields, order, time, user), status });
  }
}

/** An open item gets a quantity if it had none; one that was bought the new details. */
function mergedFields(
  item: ItemRow,
  { quantity = '', note = '' }: NewItem['fields'],
): Partial<ItemRow> {
  if (!item.purchased) return { quantity: item.quantity || quantity };
  return { quantity: quantity || item.quantity, note: note || item.note };
}

function findByName(rows: Map<string, ViewRow>, name: string): ViewRow | undefined {
  for (const row of rows.values()) if (isSameName(row.item.name, name)) return row;
  return undefined;
}

function provisionalItem(
  id: string,
  fields: Partial<ItemRow> & { name: string },
  order: string,
  time: number,
  user: Person | null,
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
