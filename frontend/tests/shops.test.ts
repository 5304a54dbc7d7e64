import { describe, expect, it } from 'vitest';
import { isForShop, orderInShop, shopNames } from '../src/stores/shops';
import { isStaple, missingStaples, staplePatch } from '../src/stores/staples';
import { item } from './fake/rows';

describe('the shops of a list (AIS-8)', () => {
  const milk = item('m', { shops: ['Lidl', 'Bäcker'] });
  const nails = item('n');

  it('are those of its items and those with an order of their own, each once', () => {
    expect(shopNames({ shops: { lidl: { aisles: [] } } }, [milk, nails])).toEqual([
      'Bäcker',
      'lidl',
    ]);
    expect(shopNames({}, [nails])).toEqual([]);
  });

  it('have the items that are for them, or for every shop', () => {
    expect(isForShop(milk, 'LIDL')).toBe(true);
    expect(isForShop(milk, 'Edeka')).toBe(false);
    expect(isForShop(milk, '')).toBe(true);
    expect(isForShop(nails, 'Edeka')).toBe(true);
  });

  it('have the order of the list until they have their own', () => {
    const settings = {
      aisles: ['A', 'B'],
      shops: { Lidl: { aisles: ['B'] }, Aldi: { aisles: [] } },
    };
    expect(orderInShop(settings, 'lidl')).toEqual(['B']);
    expect(orderInShop(settings, 'Aldi')).toEqual(['A', 'B']);
    expect(orderInShop(settings, '')).toEqual(['A', 'B']);
  });
});

describe('the usual items of a list (AIS-9)', () => {
  const oats = { quantity: '1 kg', note: '', category: 'Breakfast' };
  const staples = { Oats: oats, Milk: { quantity: '', note: '', category: '' } };

  it('are found by the key of their name', () => {
    expect(isStaple(staples, 'OATS')).toBe(true);
    expect(isStaple(staples, 'Tea')).toBe(false);
  });

  it('are added if they are not open on the list', () => {
    const items = [item('m', { name: 'milk' }), item('o', { name: 'oats', purchased: true })];
    expect(missingStaples(staples, items)).toEqual([
      { name: 'Oats', quantity: '1 kg', category: 'Breakfast' },
    ]);
    expect(missingStaples(staples, [])).toHaveLength(2);
  });

  it('get the details of the item that becomes one, under its new name', () => {
    const fields = { name: 'Rolled oats', ...oats, quantity: '2 kg' };
    expect(staplePatch(staples, 'oats', fields, true)).toEqual({
      staples: { Oats: null, 'Rolled oats': { ...oats, quantity: '2 kg' } },
    });
    expect(staplePatch(staples, 'Oats', { ...fields, name: 'Oats' }, true)).toEqual({
      staples: { Oats: { ...oats, quantity: '2 kg' } },
    });
    expect(staplePatch(staples, 'oats', fields, false)).toEqual({ staples: { Oats: null } });
  });
});
