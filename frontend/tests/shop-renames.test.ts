import { describe, expect, it } from 'vitest';
import type { ItemRow, Shop } from '../src/protocol/frames';
import { changesShops, shopRename, type ShopRows } from '../src/stores/shop-renames';
import { change, item, listRow } from './fake/rows';

const ORDER: Shop = { aisles: ['Dairy'] };

function rows(items: readonly ItemRow[], shops: Record<string, Shop> = {}): ShopRows {
  return { list: listRow('one', { shops }), items: new Map(items.map((row) => [row.id, row])) };
}

const milk = (...shops: string[]): ItemRow => item('milk', { shops });
const bread = (...shops: string[]): ItemRow => item('bread', { shops });

describe('the new name of a shop (SHP-17)', () => {
  it('is the one that all of its items got, or its order of aisles', () => {
    const before = rows([milk('Lidl', 'Aldi'), bread('lidl')]);
    const after = rows([milk('Market', 'Aldi'), bread('Market')]);
    expect(shopRename(before, after, 'Lidl')).toEqual({ to: 'Market', isNew: true });
    expect(shopRename(rows([], { Lidl: ORDER }), rows([], { Market: ORDER }), 'Lidl')).toEqual({
      to: 'Market',
      isNew: true,
    });
  });

  it('is its new spelling', () => {
    expect(shopRename(rows([milk('lidl')]), rows([milk('LIDL')]), 'lidl')).toEqual({
      to: 'LIDL',
      isNew: true,
    });
  });

  it('is that of the shop that it became one with', () => {
    const before = rows([milk('Lidl'), bread('Aldi')], { Aldi: ORDER });
    const after = rows([milk('Aldi'), bread('Aldi')], { Aldi: ORDER });
    expect(shopRename(before, after, 'Lidl')).toEqual({ to: 'Aldi', isNew: false });
  });

  it('is not known while the list still has the shop, or if nothing took its place', () => {
    const both = rows([milk('Lidl'), bread('Lidl')]);
    expect(shopRename(both, rows([milk('Aldi'), bread('Lidl')]), 'Lidl')).toBeNull();
    expect(shopRename(both, rows([milk(), bread()]), 'Lidl')).toBeNull();
    expect(shopRename(both, rows([milk('Aldi'), bread('Market')]), 'Lidl')).toBeNull();
    expect(shopRename(both, rows([]), 'Lidl')).toBeNull();
    expect(shopRename(rows([milk()]), rows([milk('Market')]), 'Lidl')).toBeNull();
  });
});

describe('a change that can have renamed a shop', () => {
  it('names other shops for an item or for the list', () => {
    const before = rows([milk('Lidl')]);
    const ticked = item('milk', { shops: ['Lidl'], purchased: true });
    expect(changesShops(before, rows([ticked]), change(2, { items: [ticked] }))).toBe(false);
    expect(changesShops(before, rows([milk('M')]), change(2, { items: [milk('M')] }))).toBe(true);
    expect(changesShops(before, rows([milk('Lidl')], { Lidl: ORDER }), change(2))).toBe(true);
    expect(changesShops(before, before, null)).toBe(true);
  });
});
