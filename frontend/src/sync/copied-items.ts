import type { ItemRow } from '../protocol/frames';
import type { NewItem } from './edit';

/** What copies of items will be on another list: open, with the same details. */
export function copiedItems(rows: readonly ItemRow[], newId: () => string): NewItem[] {
  return rows.map(({ name, quantity, note, category, shops = [] }) => ({
    item: newId(),
    fields: { name, quantity, note, category, shops },
  }));
}
