import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DueChips } from '../src/stores/due-chips.svelte';
import type { ItemInput } from '../src/stores/item-input.svelte';
import type { KnownNames } from '../src/stores/known-names.svelte';
import { parseLine } from '../src/stores/quantity';
import { SuggestionRows, type SuggestionTarget } from '../src/stores/suggestion-rows.svelte';
import { nameOfRow, type KnownName } from '../src/sync/known-name';
import { matchingNames } from '../src/sync/name-matching';
import type { ViewRow } from '../src/sync/optimistic-view';
import type { ItemRow } from '../src/protocol/frames';
import { item } from './fake/rows';

let known: KnownName[];
let list: SuggestionTarget & { allOpenRows: ViewRow[]; boughtRows: ViewRow[] };
let rows: SuggestionRows;
const ask = vi.fn();
const show = vi.fn();
const decide = vi.fn(() => Promise.resolve());

const name = (text: string, fields: Partial<KnownName> = {}): KnownName => ({
  ...nameOfRow(item(text), 'one'),
  ...fields,
});
const viewRow = (row: ItemRow): ViewRow => ({ item: row, status: 'saved' });
const shown = (): string[] => rows.shown.map((each) => each.name);

beforeEach(() => {
  known = [name('Milk', { quantity: '1 l' }), name('Mint tea'), name('Oat milk')];
  list = {
    id: 'one',
    allOpenRows: [],
    boughtRows: [],
    add: vi.fn(),
    change: vi.fn(),
  };
  const names = {
    search: (texts: readonly string[], limit: number) => matchingNames(known, texts, limit),
    ask,
    stopAsking: vi.fn(),
    decide,
  } as unknown as KnownNames;
  const input = { parse: (text: string) => parseLine(text, () => false) } as unknown as ItemInput;
  rows = new SuggestionRows(names, list, input, show);
});

describe('suggestion rows', () => {
  it('SUG-5 are shown from the first letter, and not for an empty field', () => {
    rows.setText('m', 5);
    expect(shown()).toEqual(['Milk', 'Mint tea', 'Oat milk']);
    rows.setText('m', 2);
    expect(shown()).toEqual(['Milk', 'Mint tea']);
    rows.setText(' ', 5);
    expect(shown()).toEqual([]);
  });

  it('SUG-6 keep their places when the server answers, until the text changes', () => {
    rows.setText('mil', 5);
    expect(ask).toHaveBeenLastCalledWith('mil');
    known = [name('Milk powder'), ...known];
    rows.update();
    expect(shown()).toEqual(['Milk', 'Oat milk', 'Milk powder']);
    rows.setText('milk', 5);
    expect(shown()).toEqual(['Milk powder', 'Milk', 'Oat milk']);
  });

  it('SUG-8 add the name with its last quantity, or with the typed one', () => {
    rows.setText('mil', 5);
    rows.take('milk');
    expect(list.add).toHaveBeenLastCalledWith({ name: 'Milk', quantity: '1 l' });
    rows.setText('3 l mil, cold', 5);
    rows.take('milk');
    expect(list.add).toHaveBeenLastCalledWith({ name: 'Milk', quantity: '3 l', note: 'cold' });
    rows.setText('mint', 5);
    rows.take('mint tea');
    expect(list.add).toHaveBeenLastCalledWith({ name: 'Mint tea' });
  });

  it('SUG-8 raise the quantity of the item when they are taken again', () => {
    rows.setText('mil', 5);
    rows.take('milk');
    list.allOpenRows = [viewRow(item('m', { name: 'Milk', quantity: '1 l' }))];
    rows.shown = [...rows.shown];
    rows.take('milk');
    expect(list.change).toHaveBeenLastCalledWith('m', 'Milk', { quantity: '2 l' });
    list.allOpenRows = [viewRow(item('m', { name: 'Milk', quantity: 'a few' }))];
    rows.shown = [...rows.shown];
    rows.take('milk');
    expect(list.change).toHaveBeenCalledTimes(1);
    expect(show).toHaveBeenLastCalledWith('m');
  });

  it('SUG-8 show an item that is on the list, and put back one that is in the cart', () => {
    list.allOpenRows = [viewRow(item('m', { name: 'milk' }))];
    list.boughtRows = [
      viewRow(item('t', { name: 'Mint tea', purchased: true })),
      viewRow(item('old', { name: 'Milk', purchased: true })),
    ];
    rows.setText('mi', 5);
    expect(rows.items.get('milk')?.id).toBe('m');
    rows.take('milk');
    expect(show).toHaveBeenLastCalledWith('m');
    rows.setText('mi', 5);
    rows.take('mint tea');
    expect(list.add).toHaveBeenLastCalledWith({ name: 'Mint tea' });
    expect(list.add).toHaveBeenCalledTimes(1);
  });

  it('SUG-13 are chosen by keys, the best one first', () => {
    rows.setText('mi', 5);
    rows.move(-1);
    expect(rows.active).toBe('milk');
    rows.move(1);
    expect(rows.active).toBe('mint tea');
    rows.move(-1);
    rows.move(-1);
    expect(rows.active).toBe('oat milk');
    rows.close();
    rows.move(1);
    expect(rows.active).toBeNull();
  });

  it('SUG-11 disappear when they are forgotten', () => {
    rows.setText('mi', 5);
    const [milk] = rows.shown;
    if (milk) rows.forget(milk);
    expect(shown()).toEqual(['Mint tea', 'Oat milk']);
    expect(decide).toHaveBeenLastCalledWith('Milk', true);
  });
});

describe('chips of what is due', () => {
  const DAY = 24 * 60 * 60 * 1000;
  const NOW = 100 * DAY;
  const weekly = { purchases: [7, 14, 21].map((days) => NOW - days * DAY), timesBought: 3 };

  it('SUG-7 are not on the list, and keep their places when they are taken', () => {
    const due = [name('Milk', { ...weekly, quantity: '1 l' }), name('Tea', weekly)];
    const chips = new DueChips({ suggested: [...due, name('Ham', weekly)] }, list, () => NOW);
    list.allOpenRows = [viewRow(item('h', { name: 'Ham' }))];
    list.boughtRows = [viewRow(item('t', { name: 'Tea', purchased: true }))];
    chips.update();
    expect(chips.shown).toEqual(due);
    for (let press = 0; press < 2; press += 1) chips.take(due[0] as KnownName);
    expect(list.add).toHaveBeenCalledExactlyOnceWith({ name: 'Milk', quantity: '1 l' });
    list.allOpenRows = [...list.allOpenRows, viewRow(item('m', { name: 'Milk' }))];
    chips.update();
    expect(chips.shown).toEqual(due);
    expect([...chips.taken]).toEqual(['milk']);
  });
});
