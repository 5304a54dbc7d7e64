import type { ItemRow, ListRow, Person, Shop, Staple } from '../protocol/frames';

/** The fields of an item that a user may edit. */
export interface ItemFields {
  name: string;
  quantity: string;
  note: string;
  category: string;
  /** The names of the shops that the item is for, none for every shop. */
  shops: string[];
  purchased: boolean;
  /** Whether the shop did not have it. */
  not_found: boolean;
}

/** The fields that several items can get at once. */
export type CommonFields = Partial<Pick<ItemFields, 'category' | 'shops' | 'not_found'>>;

/** The order of the aisles of a list, its shops and its staples. */
export type ListSettings = Pick<ListRow, 'aisles' | 'shops' | 'staples'>;

/** New settings of a list. `shops` and `staples` are merged by name: null removes a name. */
export interface SettingsPatch {
  aisles?: string[];
  shops?: Record<string, Partial<Shop> | null>;
  staples?: Record<string, Partial<Staple> | null>;
}

/** An edit by the user. It holds fields, not rows, so that edits by two users can be merged. */
export type Edit =
  | Creation
  | { type: 'add'; list: string; item: string; fields: NewItem['fields'] }
  | { type: 'change'; list: string; item: string; fields: Partial<ItemFields> }
  | { type: 'remove'; list: string; item: string }
  | { type: 'restore'; list: string; item: string; row: ItemRow; after: string | null }
  | { type: 'rename'; list: string; name: string }
  | { type: 'add items'; list: string; newItems: readonly NewItem[] }
  | { type: 'untick items'; list: string; items: readonly string[] }
  | { type: 'remove items'; list: string; items: readonly string[] }
  | { type: 'remove chosen'; list: string; items: readonly string[] }
  | { type: 'edit items'; list: string; items: readonly string[]; fields: CommonFields }
  /** Places items one behind the other, behind another item; null is the top. */
  | { type: 'move items'; list: string; items: readonly string[]; after: string | null }
  | { type: 'move to list'; list: string; items: readonly string[]; target: string }
  | Copy
  | { type: 'settings'; list: string; patch: SettingsPatch }
  | Renaming
  | Undo;

/** Gives an aisle or a shop another name. If the list has one of that name, they become one. */
export interface Renaming {
  type: 'rename aisle' | 'rename shop';
  list: string;
  from: string;
  to: string;
}

/** A list that this browser creates. It chooses the id, so that the list can be used at once. */
export interface Creation {
  type: 'create';
  list: string;
  name: string;
  owner: Person;
  settings?: ListSettings;
}

/** Adds items of another list, the `source`. `newItems` are what they will be on this list. */
export interface Copy {
  type: 'copy items';
  list: string;
  source: string;
  items: readonly string[];
  newItems: readonly NewItem[];
}

/** An item to add. The client chooses its id. */
export interface NewItem {
  item: string;
  fields: Partial<Omit<ItemFields, 'not_found'>> & { name: string };
}

/**
 * Undoes an edit that may not be saved yet.
 *
 * `version` is known when the server has responded to the edit `undoneOp`. `restoredRows`
 * are the items as they were before that edit, `removedIds` the items that it added, and
 * `settings` the settings of the list that it changed, as they were.
 */
export interface Undo {
  type: 'undo';
  list: string;
  undoneOp: string;
  version: number | null;
  restoredRows: readonly ItemRow[];
  removedIds: readonly string[];
  settings?: SettingsPatch;
}

/** The id of the one item that an edit is about, or null. */
export function itemOf(edit: Edit): string | null {
  return 'item' in edit ? edit.item : null;
}

/** Two names denote the same item if their keys are equal. */
export function isSameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}

/** Names in which one is another one, each once. */
export function renamedNames(names: readonly string[], from: string, to: string): string[] {
  const renamed = names.map((name) => (isSameName(name, from) ? to : name));
  return renamed.filter(
    (name, index) => renamed.findIndex((other) => isSameName(other, name)) === index,
  );
}

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]/gu;
const APOSTROPHES = /[\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032]/g;
const HYPHENS = /[\u2010-\u2015\u2212]/g;
/** Printable ASCII. */
const PLAIN = /^[ -~]*$/;

/**
 * The key to compare names by, as the server does: NFKC, case-folded, single-spaced, without
 * invisible characters, and with one apostrophe and one hyphen. tests/vectors/names.json has
 * examples.
 */
export function nameKey(name: string): string {
  // Most names are plain, and their keys are computed ten times as fast.
  const folded = PLAIN.test(name)
    ? name.toLowerCase()
    : foldMarks(foldText(foldMarks(name).normalize('NFKC')).normalize('NFKC'));
  return folded.replace(/\s+/g, ' ').trim();
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
