import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredTrip } from '../src/stores/list-choices';
import { OwnPresence } from '../src/stores/own-presence.svelte';
import { IDLE_TIME, ShopTrip } from '../src/stores/shop-trip.svelte';
import type { PastTrip } from '../src/stores/past-trips';
import { isForShop } from '../src/stores/shops';
import { isNotFound, noTripRows, tripRows } from '../src/stores/trip-rows';
import type { ItemRow } from '../src/protocol/frames';
import type { PresenceDetails } from '../src/sync/subscription-state';
import { ManualClock } from './fake/clock';
import { ana, item } from './fake/rows';

const row = (id: string, fields: Partial<ItemRow> = {}) => ({
  item: item(id, fields),
  status: 'saved' as const,
});
const now = Date.parse('2026-11-22T12:00:00Z');
const rows = [
  row('milk', { category: 'Dairy' }),
  row('bread', { category: 'Bakery', shops: ['Baker'] }),
  row('rice'),
  row('rolls', { category: 'Bakery', not_found_at: '2026-11-22T11:00:00Z' }),
];

describe('the rows of a shop', () => {
  const names = (shop: string | null, order: readonly string[] = []): string[] =>
    tripRows(noTripRows, rows, { shop, order, now }).sections.map(({ name }) => name);

  it('SHP-1 are in the order of its aisles, then by name, and without an aisle last', () => {
    expect(names(null)).toEqual(['Bakery', 'Dairy', '']);
    expect(names(null, ['Dairy'])).toEqual(['Dairy', 'Bakery', '']);
  });

  it('SHP-5 are those that are for the shop, or for no shop', () => {
    expect(names('baker')).toEqual(['Bakery', 'Dairy', '']);
    expect(names('Market')).toEqual(['Dairy', '']);
    expect(isForShop(row('a', { shops: ['Baker', 'Market'] }).item, 'market')).toBe(true);
  });

  it('SHP-3 have what was not found today at the end, and tomorrow again', () => {
    const { notFound } = tripRows(noTripRows, rows, { shop: null, order: [], now });
    expect(notFound.map(({ item: { id } }) => id)).toEqual(['rolls']);
    const rolls = rows[3] ?? row('rolls');
    expect(isNotFound(rolls, now + 11 * 3_600_000 + 1)).toBe(false);
    expect(isNotFound(row('a', { ...rolls.item, purchased: true }), now)).toBe(false);
  });
});

describe('a trip', () => {
  let clock: ManualClock;
  let stored: StoredTrip | undefined;
  let past: PastTrip[];
  const list = {
    own: null as OwnPresence | null,
    tick: vi.fn(),
    change: vi.fn(),
  };
  const send = vi.fn<(details: PresenceDetails) => void>();
  const states = (): string[] => send.mock.calls.map(([{ state }]) => state);

  function begin(): ShopTrip {
    const trip = new ShopTrip(list, clock, () => clock.now(), {
      read: () => stored,
      write: (saved) => {
        stored = saved && { ...saved };
      },
      add: (trip) => past.push(trip),
    });
    trip.announce();
    return trip;
  }

  beforeEach(() => {
    clock = new ManualClock();
    stored = undefined;
    past = [];
    list.tick.mockClear();
    list.change.mockClear();
    send.mockClear();
    list.own = new OwnPresence(clock, send, { lease: () => 25, offset: () => 0 });
    list.own.setVisible(true);
    clock.advance(1000);
  });

  it('SHP-6 ends for the others after 20 minutes without a tick, and goes on with the next', () => {
    const trip = begin();
    clock.advance(1000);
    expect(send.mock.lastCall?.[0]).toMatchObject({ state: 'shopping', trip: trip.trip });
    clock.advance(IDLE_TIME - 2000);
    trip.tick(row('milk'), true);
    clock.advance(IDLE_TIME - 1000);
    expect(states().at(-1)).toBe('shopping');
    clock.advance(1000);
    expect(states().at(-1)).toBe('viewing');
    clock.advance(1000);
    trip.tick(row('bread'), true);
    expect(send.mock.lastCall?.[0]).toMatchObject({ state: 'shopping', trip: trip.trip });
  });

  it('SHP-7 goes on after a reload, and begins anew after hours or its end', () => {
    const first = begin();
    first.setShop('Market');
    first.tick(row('milk', { category: 'Dairy' }), true);
    first.stop();
    clock.advance(30 * 60_000);
    const second = begin();
    expect(second.trip).toEqual(first.trip);
    expect([second.shop, second.aisles]).toEqual(['Market', ['Dairy']]);
    clock.advance(4 * 60 * 60_000);
    const third = begin();
    expect(third.trip.id).not.toBe(first.trip.id);
    third.end();
    expect(stored).toBeUndefined();
    clock.advance(1000);
    expect(states().at(-1)).toBe('viewing');
  });

  it('SHP-3 takes back what was done last', () => {
    const trip = begin();
    const milk = row('milk', { category: 'Dairy' });
    trip.tick(milk, true);
    expect(trip.aisles).toEqual(['Dairy']);
    trip.undoLast();
    expect(list.tick.mock.calls).toEqual([
      [milk, true],
      [milk, false],
    ]);
    expect([trip.last, trip.aisles]).toEqual([null, []]);
    trip.setNotFound(milk, true);
    trip.undoLast();
    expect(list.change.mock.calls).toEqual([
      ['milk', 'milk', { not_found: true }],
      ['milk', 'milk', { not_found: false }],
    ]);
  });

  it('SHP-14 leaves the aisles of its ticks in each shop, also if it is not ended', () => {
    const first = begin();
    first.tick(row('milk', { category: 'Dairy' }), true);
    first.setShop('Market');
    first.tick(row('bread', { category: 'Bakery' }), true);
    expect(past).toEqual([]);
    first.setShop('Baker');
    const { id } = first.trip;
    const atMarket = { id, shop: 'Market', endedAt: clock.now(), aisles: ['Dairy', 'Bakery'] };
    expect(past).toEqual([atMarket]);
    first.tick(row('rolls', { category: 'Rolls' }), true);
    const endedAt = clock.now();
    clock.advance(4 * 60 * 60_000);
    const second = begin();
    const atBaker = { id, shop: 'Baker', endedAt, aisles: ['Rolls'] };
    expect(past).toEqual([atMarket, atBaker]);
    second.tick(row('tea', { category: 'Tea' }), true);
    second.end();
    expect(past.at(-1)).toEqual({
      ...{ id: second.trip.id, shop: '' },
      ...{ endedAt: clock.now(), aisles: ['Tea'] },
    });
  });

  it('SHP-4 claims aisles and leaves them to the others', () => {
    const trip = begin();
    trip.claim('Dairy', true);
    trip.claim('Fruit', true);
    trip.claim('DAIRY', true);
    expect(list.own?.aisles).toEqual(['Fruit', 'DAIRY']);
    trip.claim('dairy', false);
    expect(list.own?.aisles).toEqual(['Fruit']);
  });

  it('SHP-8 ends with what was bought since its start, by whom, and how long it took', () => {
    const trip = begin();
    const time = (minutes: number): string =>
      new Date(clock.now() + minutes * 60_000).toISOString();
    const bought = (id: string, minutes: number, buyer = ana) =>
      row(id, { purchased: true, purchased_at: time(minutes), purchased_by: buyer });
    const all = [
      bought('early', -1),
      bought('a', 1),
      bought('b', 2, { id: 4, name: 'Ben' }),
      bought('c', 3, { id: 4, name: 'Ben' }),
      row('open'),
    ];
    clock.advance(18 * 60_000);
    const summary = trip.summary(all, 1, ['Cleo'], ana.id);
    expect(summary).toEqual({ count: 3, minutes: 18, names: ['Cleo', 'Ben'], notFound: 1 });
    clock.advance(60 * 60_000);
    expect(trip.summary(all, 0, [], ana.id).minutes).toBe(1);
  });
});
