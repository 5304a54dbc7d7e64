import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AisleFinder, AisleTable } from '../src/stores/aisle-finder';
import { AISLE_WORDS } from '../src/stores/aisle-words/en';
import { Announcer } from '../src/stores/announcer.svelte';
import { addMany, fillAisles, renameShop, untickAll } from '../src/stores/list-actions';
import { optimisticSettings } from '../src/sync/list-settings';
import { Connection } from '../src/stores/connection.svelte';
import { OpenList } from '../src/stores/open-list.svelte';
import { Toast } from '../src/stores/toast.svelte';
import type { ItemRow } from '../src/protocol/frames';
import { ConnectedEngine } from './fake/connected-engine';
import { ManualClock } from './fake/clock';
import { ana, change, DigestWriter, item, listRow, snapshot, welcome } from './fake/rows';

const digests = new DigestWriter();
let connected: ConnectedEngine;
let list: OpenList;
let toast: Toast;

beforeEach(() => {
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: vi.fn() });
  connected = new ConnectedEngine();
  const { engine } = connected;
  const user = { profile: { ...ana } } as unknown as { profile: null };
  toast = new Toast();
  const connection = new Connection(engine);
  const app = { dependencies: { engine }, connection, user, announcer: new Announcer(), toast };
  list = new OpenList('one', app, new ManualClock());
  engine.start();
  list.start();
  engine.watch('list:one');
  const milk = item('m', { name: 'Milk', position: 'a' });
  const tea = item('t', { name: 'Tea', position: 'b', purchased: true });
  connected.receive(welcome('one'), digests.write(snapshot(1, { items: [milk, tea] })));
});

const openNames = (): string[] => list.openRows.map(({ item: { name } }) => name);
const row = (name: string): { item: ItemRow; status: 'saved' } => {
  const saved = list.items.find((one) => one.name === name);
  if (!saved) throw new Error(`no ${name}`);
  return { item: saved, status: 'saved' };
};

describe('an item that the user adds', () => {
  it('is new, on the list, or back from the cart', () => {
    list.add({ name: 'Jam' });
    expect(list.addedItem).toMatchObject({ name: 'Jam', outcome: 'added' });
    list.add({ name: 'milk' });
    expect(list.addedItem).toMatchObject({ id: 'm', name: 'Milk', outcome: 'on the list' });
    list.add({ name: 'TEA' });
    expect(list.addedItem).toMatchObject({ id: 't', name: 'Tea', outcome: 'put back' });
    expect(openNames()).toEqual(['Milk', 'Tea', 'Jam']);
    list.addedItem?.undo();
    expect(openNames()).toEqual(['Milk', 'Jam']);
  });
});

describe('the aisle of an item that the user adds (AIS-4)', () => {
  const aisleOf = (name: string): string => row(name).item.category;

  beforeEach(() => {
    list.aisleFinder = new AisleFinder(new AisleTable(AISLE_WORDS));
    list.change('m', 'Milk', { category: 'Dairy' });
  });

  it('is said, and undone with the item', () => {
    list.add({ name: 'Zucchini', quantity: '3' });
    expect(list.addedItem).toMatchObject({ outcome: 'added', aisle: 'Fruit & vegetables' });
    expect(aisleOf('Zucchini')).toBe('Fruit & vegetables');
    list.addedItem?.undo();
    expect(openNames()).toEqual(['Milk']);
  });

  it('stays that of the item of this name on the list', () => {
    list.add({ name: 'tea' });
    expect(list.addedItem).toMatchObject({ outcome: 'put back', aisle: '' });
    expect(aisleOf('Tea')).toBe('');
    list.add({ name: 'MILK', quantity: '2 l' });
    expect(aisleOf('Milk')).toBe('Dairy');
  });

  it('is that which the caller knows, or none if the user sees no aisles', () => {
    list.add({ name: 'Zucchini', category: 'Garden' });
    expect(aisleOf('Zucchini')).toBe('Garden');
    list.aisles.setWanted(false);
    list.refresh();
    list.add({ name: 'Apples' });
    expect(list.addedItem).toMatchObject({ outcome: 'added', aisle: '' });
    expect(aisleOf('Apples')).toBe('');
  });

  it('is given to all items of a list without aisles, as one change', () => {
    list.change('m', 'Milk', { category: '' });
    list.aisleFinder = null;
    for (const name of ['Bread', 'gizmo', 'Apples']) list.add({ name });
    list.aisleFinder = new AisleFinder(new AisleTable(AISLE_WORDS));
    fillAisles(list);
    const aisles = ['Milk', 'Bread', 'gizmo', 'Apples', 'Tea'].map(aisleOf);
    expect(aisles).toEqual(['Dairy & eggs', 'Bakery', '', 'Fruit & vegetables', '']);
    list.undoLast();
    expect(['Milk', 'Bread'].map(aisleOf)).toEqual(['', '']);
  });

  it('is that of each line if many are added', () => {
    addMany(list, [{ name: 'Bread' }, { name: 'gizmo' }, { name: 'Tea' }]);
    expect(['Bread', 'gizmo', 'Tea'].map(aisleOf)).toEqual(['Bakery', '', '']);
  });
});

describe('the row in the editor', () => {
  it('stays in its place while another member moves it', () => {
    const rice = item('r', { name: 'Rice', position: 'c', category: 'Pantry' });
    connected.receive(digests.write(change(2, { items: [rice] })));
    list.edit({ item: rice, status: 'saved' });
    const moved = { ...rice, position: 'A', category: 'Bakery', note: 'brown' };
    connected.receive(digests.write(change(3, { verb: 'item.edited', items: [moved] })));
    expect(openNames()).toEqual(['Milk', 'Rice']);
    expect(list.openRows[1]?.item).toMatchObject({ category: 'Pantry', note: 'brown' });
    list.closeEditor();
    expect(openNames()).toEqual(['Rice', 'Milk']);
  });
});

describe('the last edit', () => {
  it('is undone first, and each edit once', () => {
    list.add({ name: 'Jam' });
    list.change('m', 'Milk', { quantity: '2 l' });
    list.remove(row('Tea'));
    list.rename('Party');
    expect(list.name).toBe('Party');
    list.undoLast();
    expect(list.name).toBe('Groceries');
    list.undoLast();
    expect(list.items.map(({ name }) => name)).toContain('Tea');
    list.undoLast();
    expect(row('Milk').item.quantity).toBe('');
    expect(list.undoLast()).toBe('Jam');
    expect(openNames()).toEqual(['Milk']);
    expect(list.undoLast()).toBeNull();
  });

  it('is skipped when its message has undone it', () => {
    list.change('m', 'Milk', { quantity: '2 l' });
    list.add({ name: 'Jam' });
    list.addedItem?.undo();
    list.undoLast();
    expect(row('Milk').item.quantity).toBe('');
    expect(list.undoLast()).toBeNull();
  });

  it('that ticked many is undone as one', () => {
    untickAll(list);
    expect(openNames()).toEqual(['Milk', 'Tea']);
    list.undoLast();
    expect(openNames()).toEqual(['Milk']);
  });
});

describe('a shop that gets another name (AIS-11)', () => {
  const lidl = { aisles: ['Bakery'] };
  const aldi = { aisles: ['Dairy'] };
  const state = () => ({ shop: list.aisles.shop, shops: list.settings.shops, ...shopsOfItems() });
  const shopsOfItems = () =>
    Object.fromEntries(list.items.map(({ name, shops }) => [name, shops ?? []]));
  const before = {
    shop: 'Lidl',
    shops: { Lidl: lidl, Aldi: aldi },
    ...{ Milk: ['Lidl', 'aldi'], Tea: ['LIDL'], Rice: [] },
  };

  beforeEach(() => {
    list.settingsOf = optimisticSettings;
    const items = [
      { ...row('Milk').item, shops: ['Lidl', 'aldi'] },
      { ...row('Tea').item, shops: ['LIDL'] },
      item('r', { name: 'Rice', position: 'c' }),
    ];
    const settings = { aisles: ['Dairy'], shops: { Lidl: lidl, Aldi: aldi } };
    const frame = change(2, { verb: 'list.edited', items, list: listRow('one', settings) });
    connected.receive(digests.write(frame));
    list.aisles.setShop('Lidl');
    list.refresh();
  });

  it('is one edit, is shown at once, and undone as one', () => {
    expect(state()).toEqual(before);
    renameShop(list, 'Lidl', 'Market');
    expect(state()).toEqual({
      shop: 'Market',
      shops: { Market: lidl, Aldi: aldi },
      ...{ Milk: ['Market', 'aldi'], Tea: ['Market'], Rice: [] },
    });
    expect(connected.engine.outbox.map(({ edit }) => edit)).toEqual([
      { type: 'rename shop', list: 'one', from: 'Lidl', to: 'Market' },
    ]);
    expect(toast.content?.text).toBe('Renamed Lidl to Market');
    toast.content?.onAction?.();
    expect(state()).toEqual(before);
  });

  it('becomes one with the shop of that name, in the spelling of that', () => {
    renameShop(list, 'Lidl', 'ALDI');
    expect(state()).toEqual({
      shop: 'Aldi',
      shops: { Aldi: aldi },
      ...{ Milk: ['Aldi'], Tea: ['Aldi'], Rice: [] },
    });
    expect(toast.content?.text).toBe('Merged Lidl into Aldi');
    list.undoLast();
    expect(state()).toEqual({ ...before, shop: 'Aldi' });
  });

  it('can be spelled in another way', () => {
    renameShop(list, 'Lidl', 'LIDL');
    expect(state()).toMatchObject({ shop: 'LIDL', shops: { LIDL: lidl, Aldi: aldi } });
    list.undoLast();
    expect(state()).toEqual({ ...before, shop: 'LIDL' });
  });
});

describe('an item that another member adds', () => {
  it('is told apart from one that changes', () => {
    const ben = { id: 4, name: 'Ben' };
    const rice = item('r', { name: 'Rice', position: 'c' });
    const after = item('m', { name: 'Milk', position: 'a', quantity: '3 l', version: 2 });
    connected.receive(
      digests.write(change(2, { actor: ben, verb: 'item.edited', items: [after] })),
    );
    expect(list.remoteAdd).toBeNull();
    connected.receive(digests.write(change(3, { actor: ben, items: [rice] })));
    expect(list.remoteAdd).toEqual({ ids: ['r'], name: 'Rice', actor: ben });
  });
});

describe('a tick', () => {
  const ticked = { items: [item('m', { name: 'Milk', purchased: true, position: 'a' })] };

  it('LIV-59 by another device of the same user stays in its place for a moment', () => {
    connected.receive(digests.write(change(2, { ...ticked, verb: 'item.ticked', actor: ana })));
    expect(openNames()).toEqual(['Milk']);
    expect(list.highlights.of('m')?.memberId).toBe(ana.id);
  });

  it('LIV-59 of this page is not shown as news', () => {
    list.tick(row('Milk'), true);
    const op = connected.engine.outbox[0]?.op ?? '';
    connected.receive(digests.write(change(2, { ...ticked, verb: 'item.ticked', actor: ana, op })));
    expect(list.highlights.of('m')).toBeUndefined();
  });
});
