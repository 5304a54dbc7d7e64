import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupByAisle, ungrouped } from '../src/stores/aisles';
import { savedRow, type ViewRow } from '../src/sync/optimistic-view';
import { item } from './fake/rows';

const rowIn = (category: string, id: string, purchased = false): ViewRow =>
  savedRow(item(id, { category, purchased }));
const namesOf = (rows: readonly ViewRow[], order: readonly string[] = []): string[] =>
  groupByAisle([], rows, order).map(({ name }) => name);

describe('rows grouped by aisle (AIS-1)', () => {
  const rows = ['Bakery', '', 'Dairy', 'Aisle 10', 'Aisle 9', 'dairy'].map((category, index) =>
    rowIn(category, String(index)),
  );

  it('are in the order by hand, then by name, and without an aisle at the end', () => {
    expect(namesOf(rows)).toEqual(['Aisle 9', 'Aisle 10', 'Bakery', 'Dairy', '']);
    expect(namesOf(rows, ['DAIRY', 'Frozen', 'Bakery'])).toEqual([
      'DAIRY',
      'Bakery',
      'Aisle 9',
      'Aisle 10',
      '',
    ]);
  });

  it('are all there, each once, in the order of the list', () => {
    const categories = fc.constantFrom('', 'Dairy', 'dairy', 'Ｄairy', 'Bakery', 'Brot');
    fc.assert(
      fc.property(fc.array(categories), fc.array(categories), (all, order) => {
        const list = all.map((category, index) => rowIn(category, String(1000 + index)));
        const sections = groupByAisle([], list, order);
        const ids = sections.flatMap((section) => section.rows.map((row) => row.item.id));
        expect(ids.toSorted()).toEqual(list.map((row) => row.item.id));
        for (const section of sections) {
          const own = section.rows.map((row) => row.item.id);
          expect(own).toEqual(own.toSorted());
        }
        expect(new Set(sections.map(({ key }) => key)).size).toBe(sections.length);
      }),
    );
  });

  it('are counted if they are open', () => {
    const sections = groupByAisle([], [rowIn('Dairy', 'a'), rowIn('Dairy', 'b', true)], []);
    expect(sections.map(({ openCount }) => openCount)).toEqual([1]);
  });

  it('stay the same objects, except the section of a row that changed', () => {
    const before = groupByAisle([], rows, []);
    expect(groupByAisle(before, [...rows], [])).toBe(before);
    const ticked = rows.map((row, index) => (index === 0 ? rowIn('Bakery', '0', true) : row));
    const after = groupByAisle(before, ticked, []);
    const changed = after.filter((section, index) => section !== before[index]);
    expect(changed.map(({ name }) => name)).toEqual(['Bakery']);
  });

  it('are one section if they are not grouped', () => {
    const before = ungrouped([], rows);
    expect(before).toEqual([{ key: '', name: '', rows, openCount: 6 }]);
    expect(ungrouped(before, rows)).toBe(before);
  });
});
