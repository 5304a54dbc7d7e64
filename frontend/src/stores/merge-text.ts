import type { Detail } from '../sync/item-merge';

/** What adding an item did to the one on the list: "on the list already; note added". */
export function mergeText(changed: readonly Detail[]): string {
  const fields = [changed.slice(0, -1).join(', '), ...changed.slice(-1)].filter(Boolean);
  return `on the list already${changed.length > 0 ? `; ${fields.join(' and ')} added` : ''}`;
}
