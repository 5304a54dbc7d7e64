import type { ItemRow } from '../protocol/frames';
import { foldText, nameKey } from './edit';

// A port of the server's rules. tests/vectors/item_merge.json tests both.

export type Details = Pick<ItemRow, 'quantity' | 'note' | 'category' | 'shops'>;
/** A field of an item that an add may change. */
export type Detail = 'quantity' | 'note' | 'category' | 'shops';
type TextDetail = Exclude<Detail, 'shops'>;

const MAX_SHOPS = 20;
const MAX_LENGTHS = { quantity: 50, note: 1000 } as const;
const JOINTS = { quantity: ' + ', note: '; ' } as const;
// A joint is a sign with spaces around it, also where a text begins or ends with it.
const SPLITS = { quantity: /(?:^| )\+(?= |$)/, note: /;+(?= |$)/ } as const;

/** The effect of adding an item whose name an open item has. */
export type Merge = { changes: Partial<Details> } | { tooLong: TextDetail };

/**
 * Merge the details of an added item into those of an open one, so that no text is lost.
 *
 * An empty field is filled. A quantity or a note that differs is joined, without the parts
 * that are there already. A category stays as it is. Shops are added to those that the item
 * has; without any it is for every shop, and stays so.
 */
export function mergeDetails(current: Details, added: Partial<Details>): Merge {
  const changes: Partial<Details> = {};
  for (const field of ['quantity', 'note', 'category'] as const) {
    const text = added[field] ?? '';
    if (text === '') continue;
    const merged = mergedText(field, current[field], text);
    if (merged === null) return { tooLong: field };
    if (merged !== current[field]) changes[field] = merged;
  }
  const shops = current.shops ?? [];
  const keys = new Set(shops.map(nameKey));
  const others = (added.shops ?? []).filter((shop) => !keys.has(nameKey(shop)));
  const count = shops.length + others.length;
  if (shops.length > 0 && others.length > 0 && count <= MAX_SHOPS)
    changes.shops = [...shops, ...others];
  return { changes };
}

/** A bought item that is put back keeps its last details, except those that are typed again. */
export function putBackDetails(current: Details, added: Partial<Details>): Partial<Details> {
  const fields = ['quantity', 'note', 'category', 'shops'] as const;
  const typed = fields.filter((field) => added[field]?.length && added[field] !== current[field]);
  return Object.fromEntries(typed.map((field) => [field, added[field]]));
}

/** The merged text, or null if it is too long. */
function mergedText(field: TextDetail, current: string, added: string): string | null {
  if (current === '') return added;
  if (field === 'category') return current;
  const known = partsOf(field, current);
  const parts = [...partsOf(field, added)].filter(([key]) => !known.has(key));
  if (parts.length === 0) return current;
  const joined = [current, ...parts.map(([, part]) => part)].join(JOINTS[field]);
  return Array.from(joined).length > MAX_LENGTHS[field] ? null : joined;
}

/** The parts of a text by the key that is compared: the case of a note does not count. */
function partsOf(field: keyof typeof JOINTS, text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const piece of text.split(SPLITS[field])) {
    const part = piece.replace(/ +/g, ' ').replace(/^ | $/g, '');
    const key = field === 'note' ? foldText(part) : part;
    if (key !== '' && !parts.has(key)) parts.set(key, part);
  }
  return parts;
}
