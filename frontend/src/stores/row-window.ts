import type { AisleSection } from './aisles';

/** A section of a long list among its entries: its head, if it has one, and its rows. */
export interface PlacedSection {
  section: AisleSection;
  /** The index of its first entry. */
  start: number;
  /** The index of its first row. Before it is the head. */
  firstRow: number;
  /** The index after its last row. */
  end: number;
}

/** The entries of all sections in their order. */
export function placeSections(
  sections: readonly AisleSection[],
  hasHeads: boolean,
): readonly PlacedSection[] {
  let index = 0;
  return sections.map((section) => {
    const start = index;
    const firstRow = start + Number(hasHeads);
    index = firstRow + section.rows.length;
    return { section, start, firstRow, end: index };
  });
}

/** The index of the entry of an item, or -1. */
export function indexOfItem(placed: readonly PlacedSection[], id: string | null): number {
  if (id === null) return -1;
  for (const { section, firstRow } of placed) {
    const index = section.rows.findIndex(({ item }) => item.id === id);
    if (index >= 0) return firstRow + index;
  }
  return -1;
}

/** A section of which something is in the page, and the indexes of its rows there. */
export interface VisibleSection extends PlacedSection {
  rowIndexes: readonly number[];
}

/**
 * What is in the page: the entries from `first` to `last`, and the kept one.
 *
 * The head of a section is there with any of its rows, because it stays at the top of the screen.
 */
export function visibleSections(
  placed: readonly PlacedSection[],
  first: number,
  last: number,
  kept: number,
): readonly VisibleSection[] {
  return placed.flatMap((place) => {
    const { start, firstRow, end } = place;
    const isKept = kept >= firstRow && kept < end;
    if ((end <= first || start > last) && !isKept) return [];
    const from = Math.max(firstRow, first);
    const count = Math.max(0, Math.min(end, last + 1) - from);
    const rowIndexes = Array.from({ length: count }, (_, index) => from + index);
    if (isKept && (kept < first || kept > last)) rowIndexes.push(kept);
    return [{ ...place, rowIndexes }];
  });
}
