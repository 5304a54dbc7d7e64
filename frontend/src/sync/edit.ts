import type { ItemRow } from '../protocol/types';

/** The fields of an item that a person may write. */
export interface ItemFields {
  name: string;
  quantity: string;
  note: string;
  purchased: boolean;
}

/** What a person did. Fields are sent, not rows, so that two people's edits both survive. */
export type Edit =
  | { type: 'add'; list: string; item: string; fields: Partial<ItemFields> & { name: string } }
  | { type: 'change'; list: string; item: string; fields: Partial<ItemFields> }
  | { type: 'remove'; list: string; item: string }
  | { type: 'restore'; list: string; item: string; row: ItemRow; after: string | null }
  | { type: 'rename'; list: string; name: string }
  | { type: 'add items'; list: string; newItems: readonly NewItem[] }
  | { type: 'untick items'; list: string; items: readonly string[] }
  | { type: 'remove items'; list: string; items: readonly string[] }
  | Undo;

/** One of many items to add, under an id of its own. */
export interface NewItem {
  item: string;
  fields: Partial<ItemFields> & { name: string };
}

/**
 * The way back from an edit that may still be on its way.
 *
 * `version` is known once the edit `of` is answered. `rows` are the items as they
 * were before it, `gone` those that were not there.
 */
export interface Undo {
  type: 'undo';
  list: string;
  undoneOp: string;
  version: number | null;
  restoredRows: readonly ItemRow[];
  removedIds: readonly string[];
}

/** The item that an edit is about, or null if it is about many or the list itself. */
export function itemOf(edit: Edit): string | null {
  return 'item' in edit ? edit.item : null;
}

/** Names are the same item if they compare case-folded, normalised and single-spaced. */
export function isSameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}

/** What names are compared by, as the server does: NFKC, case-folded, single-spaced. */
export function nameKey(name: string): string {
  const folded = name.normalize('NFKC').replace(/[^ı]+/g, foldCase);
  return folded.normalize('NFKC').replace(/\s+/g, ' ').trim();
}

/** There and back: upper case knows that ß is ss, and ẞ has a lower case first. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
