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
  | { do: 'add'; list: string; item: string; fields: Partial<ItemFields> & { name: string } }
  | { do: 'change'; list: string; item: string; fields: Partial<ItemFields> }
  | { do: 'remove'; list: string; item: string }
  | { do: 'put back'; list: string; item: string; row: ItemRow; after: string | null }
  | { do: 'rename'; list: string; name: string }
  | { do: 'add many'; list: string; lines: readonly Line[] }
  | { do: 'untick many'; list: string; items: readonly string[] }
  | { do: 'remove many'; list: string; items: readonly string[] }
  | Undo;

/** One of many items to add, under an id of its own. */
export interface Line {
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
  do: 'undo';
  list: string;
  of: string;
  version: number | null;
  rows: readonly ItemRow[];
  gone: readonly string[];
}

/** The item that an edit is about, or null if it is about many or the list itself. */
export function itemOf(edit: Edit): string | null {
  return 'item' in edit ? edit.item : null;
}

/** Names are the same item if they compare case-folded, normalised and single-spaced. */
export function sameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/** What names are compared by, as the server does: NFKC, case-folded, single-spaced. */
export function folded(name: string): string {
  const cased = name.normalize('NFKC').replace(/[^ı]+/g, caseFolded);
  return cased.normalize('NFKC').replace(/\s+/g, ' ').trim();
}

/** There and back: upper case knows that ß is ss, and ẞ has a lower case first. */
function caseFolded(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
