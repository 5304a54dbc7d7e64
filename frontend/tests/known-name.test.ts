import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueNames, isDue, usualGap } from '../src/sync/due-names';
import {
  countedName,
  isEqualName,
  mergedName,
  nameOfRow,
  nameOfSuggestion,
  rankOf,
  usesOfChange,
  type KnownName,
} from '../src/sync/known-name';
import { matchingNames, mergedRows, typedRange } from '../src/sync/name-matching';
import { change, item } from './fake/rows';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-27T10:00:00Z');

function known(name: string, fields: Partial<KnownName> = {}): KnownName {
  return {
    ...nameOfRow(item(name), 'one'),
    ...fields,
  };
}

/** Purchases so many days ago. */
const bought = (...days: number[]): readonly number[] => days.map((day) => NOW - day * DAY);

const namesOf = (names: readonly KnownName[]): string[] => names.map(({ name }) => name);

describe('a known name', () => {
  it('SUG-4 has the details of its newest row, from wherever it is known', () => {
    const old = known('Milk', { quantity: '1 l', at: 1 });
    const recent = known('milk', { quantity: '2 l', category: 'Dairy', at: 2 });
    for (const merged of [mergedName(old, recent), mergedName(recent, old)])
      expect(merged).toMatchObject({ name: 'milk', quantity: '2 l', category: 'Dairy' });
  });

  it('SUG-4 is the same in whichever order, and however often, its sources come', () => {
    const source = fc.record({
      times: fc.integer({ min: 1, max: 50 }),
      usedAt: fc.integer({ min: 0, max: 100 }),
      timesBought: fc.integer({ min: 0, max: 50 }),
      purchases: fc
        .array(fc.integer({ min: 0, max: 20 }), { maxLength: 6 })
        .map((hours) => hours.map((hour) => hour * HOUR * 2)),
    });
    fc.assert(
      fc.property(source, source, (first, second) => {
        const [a, b] = [known('Milk', { ...first, at: 1 }), known('Milk', { ...second, at: 2 })];
        const merged = mergedName(a, b);
        expect(mergedName(b, a)).toEqual(merged);
        expect(mergedName(merged, b)).toEqual(merged);
      }),
    );
  });

  it('is read from what the server suggests', () => {
    const at = '2026-11-20T10:00:00Z';
    const row = {
      name: 'Milk',
      quantity: '1 l',
      category: 'Dairy',
      list: 'one',
      times: 14,
      last_used: '2026-11-19T10:00:00Z',
      times_bought: 12,
      purchases: [at],
      state: null,
      item: null,
    };
    expect(nameOfSuggestion(row)).toMatchObject({
      key: 'milk',
      times: 14,
      timesBought: 12,
      purchases: [Date.parse(at)],
      at: Date.parse(at),
    });
  });

  it('SUG-4 counts an item that is added, put back or ticked, and one purchase an hour', () => {
    const items = (...rows: ReturnType<typeof item>[]) => ({
      items: new Map(rows.map((row) => [row.id, row])),
    });
    const open = item('milk');
    const ticked = (at: string) => item('milk', { purchased: true, purchased_at: at });
    const learn = (
      name: KnownName | undefined,
      before: ReturnType<typeof items>,
      after: ReturnType<typeof items>,
    ) => {
      const [use] = usesOfChange(
        'one',
        change(2, { items: [...after.items.values()] }),
        before,
        after,
      );
      if (!use) throw new Error('no use');
      return countedName(name, use);
    };
    let milk = learn(undefined, items(), items(open));
    expect(milk).toMatchObject({ times: 1, timesBought: 0 });
    milk = learn(milk, items(open), items(ticked('2026-11-20T10:00:00Z')));
    milk = learn(milk, items(ticked('2026-11-20T10:00:00Z')), items(open));
    milk = learn(milk, items(open), items(ticked('2026-11-20T10:30:00Z')));
    expect(milk).toMatchObject({ times: 2, timesBought: 1 });
    milk = learn(milk, items(open), items(ticked('2026-11-27T10:00:00Z')));
    expect(milk).toMatchObject({ times: 2, timesBought: 2 });
    expect(milk.purchases).toHaveLength(2);
    const moved = learn(milk, items(open), items(item('milk', { note: 'cold' })));
    expect(moved).toMatchObject({ times: 2, timesBought: 2 });
  });

  it('ranks higher when it is used more often and more recently', () => {
    const rare = known('Tea', { times: 1, usedAt: NOW });
    const frequent = known('Milk', { times: 3, usedAt: NOW - 30 * DAY });
    const old = known('Salt', { times: 3, usedAt: NOW - 90 * DAY });
    expect(rankOf(frequent)).toBeGreaterThan(rankOf(rare));
    expect(rankOf(rare)).toBeGreaterThan(rankOf(old));
    expect(isEqualName(rare, { ...rare })).toBe(true);
    expect(isEqualName(rare, { ...rare, purchases: [1] })).toBe(false);
  });
});

describe('names that match', () => {
  const names = ['Buttermilk', 'Oat milk', 'Semi-milked', 'Milk', 'milkshake', 'Ham'].map((name) =>
    known(name),
  );

  it('SUG-5 begin with the text, then have a word that does, then contain it', () => {
    expect(namesOf(matchingNames(names, ['MIL'], 5))).toEqual([
      'Milk',
      'milkshake',
      'Oat milk',
      'Semi-milked',
      'Buttermilk',
    ]);
    expect(namesOf(matchingNames(names, ['mil'], 3))).toEqual(['Milk', 'milkshake', 'Oat milk']);
  });

  it('SUG-5 are compared as items are: without case, width and invisible characters', () => {
    const folded = [known('Süßkartoffeln'), known('Crème d’Isigny'), known('Ｍilk')];
    expect(namesOf(matchingNames(folded, ['SÜSS'], 5))).toEqual(['Süßkartoffeln']);
    expect(namesOf(matchingNames(folded, ["d'is"], 5))).toEqual(['Crème d’Isigny']);
    expect(namesOf(matchingNames(folded, ['milk'], 5))).toEqual(['Ｍilk']);
    expect(matchingNames(folded, ['', ' '], 5)).toEqual([]);
  });

  it('match the typed line or the name in it', () => {
    const all = [...names, known('2 in 1 shampoo')];
    expect(namesOf(matchingNames(all, ['2 milk', 'milk'], 2))).toEqual(['Milk', 'milkshake']);
    expect(namesOf(matchingNames(all, ['2 in', 'in'], 2))).toEqual(['2 in 1 shampoo']);
  });

  it('SUG-6 keep their places when more of them are known', () => {
    const [milk, tea, ham] = [known('Milk'), known('Tea'), known('Ham')];
    const counted = { ...milk, timesBought: 12 };
    expect(mergedRows([milk, tea], [ham, counted, tea], 5)).toEqual([counted, tea, ham]);
    expect(mergedRows([milk, tea], [ham], 2)).toEqual([milk, tea]);
  });

  it('say which part of them was typed', () => {
    const part = (name: string, ...texts: string[]): string | null => {
      const range = typedRange(name, texts);
      return range && name.slice(...range);
    };
    expect(part('Oat Milk', 'mil')).toBe('Mil');
    expect(part('Limes, milk', 'mi')).toBe('mi');
    expect(typedRange('Limes, milk', ['mi'])).toEqual([7, 9]);
    expect(part('Süßkartoffeln', 'süss')).toBe('Süß');
    expect(part('Oat Milk', '2 milk', 'milk')).toBe('Milk');
    expect(part('Oat Milk', 'tea')).toBeNull();
  });
});

describe('what is due', () => {
  it('SUG-7 is bought in a rhythm: the median of the gaps of three purchases or more', () => {
    expect(usualGap({ purchases: bought(1, 8) })).toBeNull();
    expect(usualGap({ purchases: bought(1, 8, 15) })).toBe(7 * DAY);
    expect(usualGap({ purchases: bought(1, 8, 15, 45) })).toBe(7 * DAY);
    expect(usualGap({ purchases: bought(1, 8, 18) })).toBe(8.5 * DAY);
    expect(usualGap({ purchases: bought(1, 1.2, 1.4) })).toBeNull();
  });

  it('SUG-7 is due from a little before its time until it is given up', () => {
    const due = (days: number): boolean =>
      isDue({ purchases: bought(days, days + 7, days + 14) }, NOW);
    expect([2, 5, 6, 7, 20, 28, 29].map(due)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('SUG-7 is of this list, the names bought most often first', () => {
    const purchases = bought(7, 14, 21);
    const names = [
      known('Tea', { purchases, timesBought: 3 }),
      known('Milk', { purchases, timesBought: 9 }),
      known('Ham', { purchases, timesBought: 3 }),
      known('Nails', { purchases, list: 'two' }),
    ];
    expect(namesOf(dueNames(names, 'one', NOW))).toEqual(['Milk', 'Ham', 'Tea']);
  });
});
