import { describe, expect, it } from 'vitest';
import { existing, extended, toggled } from '../src/stores/selection';

describe('a selection of rows (AIS-7)', () => {
  const ids = ['a', 'b', 'c', 'd'];

  it('gets and loses a row that is pressed', () => {
    expect(toggled(new Set(), 'a')).toEqual(new Set(['a']));
    expect(toggled(new Set(['a', 'b']), 'a')).toEqual(new Set(['b']));
  });

  it('gets all rows up to one that is pressed with Shift', () => {
    expect(extended(new Set(['d', 'c']), ids, 'a')).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect(extended(new Set(['b']), ids, 'c')).toEqual(new Set(['b', 'c']));
    expect(extended(new Set(), ids, 'c')).toEqual(new Set(['c']));
    expect(extended(new Set(['gone']), ids, 'c')).toEqual(new Set(['gone', 'c']));
  });

  it('loses rows that are removed', () => {
    const selection = new Set(['a', 'b']);
    expect(existing(selection, ids)).toBe(selection);
    expect(existing(selection, ['b'])).toEqual(new Set(['b']));
  });
});
