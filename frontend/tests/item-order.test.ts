import { describe, expect, it } from 'vitest';
import { groupByAisle, ungrouped } from '../src/stores/aisles';
import { placeAfterDrop, placeAfterStep, placeOf, type Step } from '../src/stores/item-order';
import { savedRow, type ViewRow } from '../src/sync/optimistic-view';
import { item } from './fake/rows';

/** In the order of the list: milk, bread, butter, nails, eggs. */
const rows: readonly ViewRow[] = [
  item('milk', { category: 'Dairy', position: '1' }),
  item('bread', { category: 'Bakery', position: '2' }),
  item('butter', { category: 'Dairy', position: '3' }),
  item('nails', { position: '4' }),
  item('eggs', { category: 'Dairy', position: '5' }),
].map(savedRow);
const sections = groupByAisle([], rows, []);

describe('the place of an item (AIS-6)', () => {
  it('is a number in its aisle', () => {
    expect(placeOf(sections, 'butter')).toMatchObject({ section: { name: 'Dairy' }, number: 2 });
    expect(placeOf(ungrouped([], rows), 'butter')?.number).toBe(3);
    expect(placeOf(sections, 'unknown')).toBeNull();
  });

  it.each<[string, Step, string | null | undefined]>([
    ['eggs', 'up', 'bread'],
    ['butter', 'up', null],
    ['butter', 'down', 'eggs'],
    ['eggs', 'top', null],
    ['milk', 'up', undefined],
    ['milk', 'top', undefined],
    ['eggs', 'down', undefined],
    ['bread', 'down', undefined],
    ['unknown', 'up', undefined],
  ])('of %s after a step %s is behind %s', (id, step, after) => {
    expect(placeAfterStep(sections, rows, id, step)?.after).toBe(after);
  });
});

describe('an item that is dropped (AIS-6)', () => {
  const drop = (id: string, key: string, before: string | null): unknown => {
    const row = rows.find((each) => each.item.id === id);
    return row && placeAfterDrop(sections, rows, row.item, { key, before });
  };

  it('goes in front of a row of its aisle, or to its end', () => {
    expect(drop('eggs', 'dairy', 'butter')).toEqual({ after: 'bread' });
    expect(drop('eggs', 'dairy', 'milk')).toEqual({ after: null });
    expect(drop('milk', 'dairy', null)).toEqual({ after: 'eggs' });
  });

  it('stays if it is dropped where it is', () => {
    expect(drop('butter', 'dairy', 'eggs')).toBeNull();
    expect(drop('eggs', 'dairy', null)).toBeNull();
    expect(drop('bread', 'bakery', null)).toBeNull();
    expect(drop('bread', 'gone', null)).toBeNull();
  });

  it('gets the aisle into which it is dropped', () => {
    expect(drop('bread', 'dairy', 'butter')).toEqual({ after: 'milk', category: 'Dairy' });
    expect(drop('bread', '', null)).toEqual({ after: 'nails', category: '' });
  });

  it('keeps its aisle on a list that is not grouped', () => {
    const all = ungrouped([], rows);
    const bread = rows[1]?.item ?? item('bread');
    expect(placeAfterDrop(all, rows, bread, { key: '', before: 'eggs' })).toEqual({
      after: 'nails',
    });
  });
});
