import { describe, expect, it } from 'vitest';
import { findIn, type SearchedList } from '../src/stores/find';
import { item } from './fake/rows';

const listOf = (name: string, ...items: SearchedList['items']): SearchedList => ({
  id: name,
  name,
  items,
});
const lists = [
  listOf('Groceries', item('Oat milk'), item('Milk', { purchased: true }), item('Buttermilk')),
  listOf('Milkshake party', item('Milk'), item('Straße')),
];
const search = (text: string): string[] =>
  findIn(lists, text).map(({ list, item: one }) => `${one?.name ?? '*'} in ${list.name}`);

describe('a search', () => {
  it('finds items and lists, the beginning of a name first and what is bought last', () => {
    expect(search('milk')).toEqual([
      '* in Milkshake party',
      'Milk in Milkshake party',
      'Oat milk in Groceries',
      'Buttermilk in Groceries',
      'Milk in Groceries',
    ]);
  });

  it('compares names as the server does', () => {
    expect(search('  MILKSHAKE  Party')).toEqual(['* in Milkshake party']);
    expect(search('strasse')).toEqual(['Straße in Milkshake party']);
    expect(search('party')).toEqual(['* in Milkshake party']);
  });

  it('finds nothing for an empty text, and at most 30 results', () => {
    expect(search('   ')).toEqual([]);
    const many = listOf('All', ...Array.from({ length: 50 }, (_, index) => item(`a${index}`)));
    expect(findIn([many], 'a')).toHaveLength(30);
  });
});
