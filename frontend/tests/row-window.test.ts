import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByAisle } from '../src/stores/aisles';
import { indexOfItem, placeSections, visibleSections } from '../src/stores/row-window';
import { savedRow } from '../src/sync/optimistic-view';
import { item } from './fake/rows';

const anyCategories = fc.array(fc.constantFrom('', 'A', 'B', 'C'), { minLength: 1 });
const sectionsOf = (categories: readonly string[]): ReturnType<typeof groupByAisle> =>
  groupByAisle(
    [],
    categories.map((category, index) => savedRow(item(String(100 + index), { category }))),
    [],
  );

describe('a window of a long list with aisles (AIS-1, PAG-12)', () => {
  it('has an index for each head and each row', () => {
    const placed = placeSections(sectionsOf(['A', 'B', 'A', '']), true);
    expect(placed.map(({ start, firstRow, end }) => [start, firstRow, end])).toEqual([
      [0, 1, 3],
      [3, 4, 5],
      [5, 6, 7],
    ]);
    expect(indexOfItem(placed, '101')).toBe(4);
    expect(indexOfItem(placed, 'unknown')).toBe(-1);
    expect(placeSections(sectionsOf(['', '']), false).map(({ end }) => end)).toEqual([2]);
  });

  it('shows exactly its rows and the kept one, with the heads of their aisles', () => {
    const anyIndex = fc.nat(20);
    fc.assert(
      fc.property(anyCategories, anyIndex, anyIndex, fc.integer({ min: -1, max: 20 }), (...all) => {
        const [categories, first, length, kept] = all;
        const last = first + length;
        const placed = placeSections(sectionsOf(categories), true);
        const visible = visibleSections(placed, first, last, kept);
        const isRow = (index: number): boolean =>
          placed.some(({ firstRow, end }) => index >= firstRow && index < end);
        const count = placed.at(-1)?.end ?? 0;
        const expected = Array.from({ length: count }, (_, index) => index).filter(
          (index) => isRow(index) && ((index >= first && index <= last) || index === kept),
        );
        const shown = visible.flatMap(({ rowIndexes }) => rowIndexes);
        expect(shown.toSorted((a, b) => a - b)).toEqual(expected);
        const heads = placed.filter(({ start }) => start >= first && start <= last);
        for (const { section } of heads)
          expect(visible.map((place) => place.section)).toContain(section);
      }),
    );
  });
});
