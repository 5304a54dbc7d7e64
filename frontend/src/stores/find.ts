import type { ItemRow } from '../protocol/frames';
import { foldText, keyOfItem, nameKey } from '../sync/edit';

/** A list, with its items if this browser has them. */
export interface SearchedList {
  id: string;
  name: string;
  items: readonly ItemRow[];
}

/** A list, or an item of it. */
export interface Found {
  list: SearchedList;
  item: ItemRow | null;
}

const MAX_RESULTS = 30;

/** How well a name matches: 0 its beginning, 1 a word of it, 2 any part, null not at all. */
function rankOf(name: string, query: string): number | null {
  const index = name.indexOf(query);
  if (index < 0) return null;
  if (index === 0) return 0;
  return name.includes(` ${query}`) ? 1 : 2;
}

/** The lists and items whose names contain a text, the best first. What is open is better. */
export function findIn(lists: readonly SearchedList[], text: string): Found[] {
  const query = nameKey(text);
  if (query === '') return [];
  const ranked: { found: Found; rank: number }[] = [];
  for (const list of lists) {
    const rank = rankOf(foldText(list.name), query);
    if (rank !== null) ranked.push({ found: { list, item: null }, rank });
    for (const item of list.items) {
      const itemRank = rankOf(keyOfItem(item), query);
      if (itemRank === null) continue;
      ranked.push({ found: { list, item }, rank: itemRank + (item.purchased ? 3 : 0) });
    }
  }
  // Sorting is stable, so of equal ones the list that was used last is the first.
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, MAX_RESULTS).map(({ found }) => found);
}
