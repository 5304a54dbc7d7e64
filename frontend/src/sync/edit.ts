import type { ItemRow, Person } from '../protocol/frames';

/** The fields of an item that a user may edit. */
export interface ItemFields {
  name: string;
  quantity: string;
  note: string;
  category: string;
  purchased: boolean;
}

/** An edit by the user. It holds fields, not rows, so that edits by two users can be merged. */
export type Edit =
  | Creation
  | { type: 'add'; list: string; item: string; fields: Partial<ItemFields> & { name: string } }
  | { type: 'change'; list: string; item: string; fields: Partial<ItemFields> }
  | { type: 'remove'; list: string; item: string }
  | { type: 'restore'; list: string; item: string; row: ItemRow; after: string | null }
  | { type: 'rename'; list: string; name: string }
  | { type: 'add items'; list: string; newItems: readonly NewItem[] }
  | { type: 'untick items'; list: string; items: readonly string[] }
  | { type: 'remove items'; list: string; items: readonly string[] }
  | Undo;

/** A list that this browser creates. It chooses the id, so that the list can be used at once. */
export interface Creation {
  type: 'create';
  list: string;
  name: string;
  owner: Person;
}

/** An item to add. The client chooses its id. */
export interface NewItem {
  item: string;
  fields: Partial<ItemFields> & { name: string };
}

/**
 * Undoes an edit that may not be saved yet.
 *
 * `version` is known when the server has responded to the edit `undoneOp`. `restoredRows`
 * are the items as they were before that edit, `removedIds` the items that it added.
 */
export interface Undo {
  type: 'undo';
  list: string;
  undoneOp: string;
  version: number | null;
  restoredRows: readonly ItemRow[];
  removedIds: readonly string[];
}

/** The id of the one item that an edit is about, or null. */
export function itemOf(edit: Edit): string | null {
  return 'item' in edit ? edit.item : null;
}

/** Two names denote the same item if their keys are equal. */
export function isSameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]/gu;
const APOSTROPHES = /[\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032]/g;
const HYPHENS = /[\u2010-\u2015\u2212]/g;

/**
 * The key to compare names by, as the server does: NFKC, case-folded, single-spaced, without
 * invisible characters, and with one apostrophe and one hyphen. tests/vectors/names.json has
 * examples.
 */
export function nameKey(name: string): string {
  const folded = foldText(foldMarks(name).normalize('NFKC'));
  return foldMarks(folded.normalize('NFKC')).replace(/\s+/g, ' ').trim();
}

const itemKeys = new WeakMap<ItemRow, string>();

/** The key of an item's name. It is kept, because a list of 10,000 items is searched by it. */
export function keyOfItem(item: ItemRow): string {
  const known = itemKeys.get(item);
  if (known !== undefined) return known;
  const key = nameKey(item.name);
  itemKeys.set(item, key);
  return key;
}

function foldMarks(text: string): string {
  return text.replace(INVISIBLE, '').replace(APOSTROPHES, "'").replace(HYPHENS, '-');
}

/** Fold the case of a text, as the server does. */
export function foldText(text: string): string {
  return text.replace(/[^ı]+/g, foldCase);
}

/** Lower, upper, lower: only upper case turns ß into ss, and ẞ needs lower case first. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
