import * as m from '#messages';
import type { Detail } from '../sync/item-merge';

type ChangedDetail = Detail | 'shops';

const NAMES: Record<ChangedDetail, string> = {
  quantity: m.line_detail_quantity(),
  note: m.line_detail_note(),
  category: m.line_detail_category(),
  shops: m.line_detail_shops(),
};

/** What adding an item did to the one on the list: "on the list already; note added". */
export function mergeText(changed: readonly ChangedDetail[]): string {
  if (changed.length === 0) return m.line_on_list();
  const format = new Intl.ListFormat(__LOCALE__, { type: 'conjunction' });
  return m.line_on_list_added({ details: format.format(changed.map((field) => NAMES[field])) });
}
