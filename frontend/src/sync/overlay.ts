import type { ItemRow, Person } from '../protocol/types';
import { folded, sameName, type Line } from './edit';
import type { Entry, Outbox } from './outbox';

/** An item as the person should see it: what is confirmed, with their own edits laid over. */
export interface ViewRow {
  item: ItemRow;
  mark: 'saved' | 'waiting';
}

/** Where items go that the server has not placed yet: after all others. */
const LAST = '\uffff';

const saved = new WeakMap<ItemRow, ViewRow>();

/** Lay edits over confirmed items, in order. Untouched items keep their row's identity. */
export function overlay(
  items: ReadonlyMap<string, ItemRow>,
  edits: Outbox,
  me: Person | null,
): ViewRow[] {
  const laid = new Map<string, ViewRow>();
  for (const [id, item] of items) laid.set(id, savedRow(item));
  edits.forEach((entry, index) => {
    if (entry.state !== 'refused') lay(laid, entry, index, me);
  });
  return [...laid.values()].sort(inOrder);
}

/** The list's name with a rename laid over. */
export function nameOver(name: string, edits: Outbox): string {
  return edits.reduce(
    (known, { edit, state }) => (edit.do === 'rename' && state !== 'refused' ? edit.name : known),
    name,
  );
}

function savedRow(item: ItemRow): ViewRow {
  const known = saved.get(item);
  if (known) return known;
  const row: ViewRow = { item, mark: 'saved' };
  saved.set(item, row);
  return row;
}

function inOrder({ item: a }: ViewRow, { item: b }: ViewRow): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function lay(
  laid: Map<string, ViewRow>,
  { edit, at, state }: Entry,
  index: number,
  me: Person | null,
): void {
  const mark = state === 'answered' ? 'saved' : 'waiting';
  if (edit.do === 'remove') laid.delete(edit.item);
  else if (edit.do === 'put back') laid.set(edit.item, { item: edit.row, mark });
  else if (edit.do === 'change') change(laid, edit.item, edit.fields, mark, at, me);
  else if (edit.do === 'add') add(laid, edit, inOrderOf(index), mark, at, me);
  else if (edit.do === 'add many') {
    const names = namesOf(laid);
    edit.lines.forEach((line, place) => {
      const same = names.get(folded(line.fields.name)) ?? line.item;
      names.set(folded(line.fields.name), same);
      add(laid, { ...line, item: same }, `${inOrderOf(index)}.${inOrderOf(place)}`, mark, at, me);
    });
  } else if (edit.do === 'untick many') {
    for (const id of edit.items) change(laid, id, { purchased: false }, mark, at, me);
  } else if (edit.do === 'remove many') for (const id of edit.items) laid.delete(id);
  else if (edit.do === 'undo') {
    for (const id of edit.gone) laid.delete(id);
    for (const item of edit.rows) laid.set(item.id, { item, mark });
  }
}

const inOrderOf = (index: number): string => String(index).padStart(6, '0');

/** Which item has a name; an open one before one that was bought. */
function namesOf(laid: ReadonlyMap<string, ViewRow>): Map<string, string> {
  const rows = [...laid.values()].sort(
    (a, b) => Number(b.item.purchased) - Number(a.item.purchased),
  );
  return new Map(rows.map(({ item }) => [folded(item.name), item.id]));
}

function change(
  laid: Map<string, ViewRow>,
  id: string,
  fields: Partial<ItemRow>,
  mark: ViewRow['mark'],
  at: number,
  me: Person | null,
): void {
  const known = laid.get(id);
  if (!known) return;
  const item = { ...known.item, ...fields };
  if (fields.purchased !== undefined && fields.purchased !== known.item.purchased) {
    item.purchased_at = fields.purchased ? new Date(at).toISOString() : null;
    item.purchased_by = fields.purchased ? me : null;
  }
  laid.set(id, { item, mark });
}

/** What the server will do: fill in an open item of that name, put a bought one back, or add. */
function add(
  laid: Map<string, ViewRow>,
  { item: id, fields }: Line,
  order: string,
  mark: ViewRow['mark'],
  at: number,
  me: Person | null,
): void {
  const same = laid.get(id) ?? named(laid, fields.name);
  if (same) {
    change(laid, same.item.id, { purchased: false, ...newsFor(same.item, fields) }, mark, at, me);
  } else {
    laid.set(id, { item: provisional(id, fields, order, at, me), mark });
  }
}

/** An open item gets a quantity if it had none; one that was bought the new details. */
function newsFor(item: ItemRow, { quantity = '', note = '' }: Line['fields']): Partial<ItemRow> {
  if (!item.purchased) return { quantity: item.quantity || quantity };
  return { quantity: quantity || item.quantity, note: note || item.note };
}

function named(laid: Map<string, ViewRow>, name: string): ViewRow | undefined {
  for (const row of laid.values()) if (sameName(row.item.name, name)) return row;
  return undefined;
}

function provisional(
  id: string,
  fields: Partial<ItemRow> & { name: string },
  order: string,
  at: number,
  me: Person | null,
): ItemRow {
  const time = new Date(at).toISOString();
  return {
    quantity: '',
    note: '',
    category: '',
    purchased: false,
    ...fields,
    id,
    purchased_at: null,
    purchased_by: null,
    position: LAST + order,
    version: 0,
    created_at: time,
    created_by: me,
    updated_at: time,
  };
}
