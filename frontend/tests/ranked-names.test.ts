import { describe, expect, it } from 'vitest';
import { nameOfRow, type KnownName } from '../src/sync/known-name';
import { RankedNames } from '../src/sync/ranked-names';
import { item } from './fake/rows';

const known = (name: string, times: number): KnownName => ({
  ...nameOfRow(item(name, { name }), 'one'),
  times,
});
const keysOf = (names: RankedNames): string[] => names.inOrder().map(({ key }) => key);

describe('names in the order of their rank', () => {
  it('SUG-5 are in order after one change, and after many', () => {
    const names = new RankedNames();
    names.changeMany(() => {
      for (const name of ['a', 'b', 'c']) names.set(known(name, 1));
    });
    expect(keysOf(names)).toEqual(['a', 'b', 'c']);
    names.set(known('c', 5));
    expect(keysOf(names)).toEqual(['c', 'a', 'b']);
    names.changeMany(() => {
      names.delete('c');
      names.set(known('b', 3));
    });
    expect(keysOf(names)).toEqual(['b', 'a']);
  });

  it('SUG-5 are not sorted again by many changes that change nothing', () => {
    const names = new RankedNames();
    names.set(known('a', 1));
    const order = names.inOrder();
    names.changeMany(() => names.set(known('a', 1)));
    expect(names.inOrder()).toBe(order);
    names.changeMany(() => names.set(known('a', 2)));
    expect(names.inOrder()).not.toBe(order);
  });
});
