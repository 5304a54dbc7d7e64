import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_TRIPS } from '../src/stores/aisle-order';
import { orderOffer } from '../src/stores/order-offer';
import {
  addPastTrip,
  declinedOrder,
  declineOrder,
  pastTrips,
  type PastTrip,
} from '../src/stores/past-trips';
import { PAST_TRIPS_KEY } from '../src/sync/storage';

const trip = (number: number, aisles: string, shop = ''): PastTrip => ({
  id: `trip ${number}`,
  shop,
  endedAt: number * 1000,
  aisles: [...aisles],
});
const trips = (count: number, aisles: string, shop = ''): PastTrip[] =>
  Array.from({ length: count }, (_, number) => trip(number, aisles, shop));

describe('the offer of a learned order', () => {
  const current = [...'abcd'];

  it('SHP-15 has the order, the aisles that were walked, and how many trips say so', () => {
    expect(orderOffer(trips(2, 'cba'), current, null)).toBeNull();
    expect(orderOffer(trips(9, 'abc'), current, null)).toBeNull();
    const offer = orderOffer([trip(7, 'abc'), ...trips(4, 'CCB a')], current, null);
    expect(offer?.walked).toEqual([...'cba']);
    expect([...(offer?.order ?? [])].sort()).toEqual(current);
    expect([offer?.reasonCount, offer?.tripCount]).toEqual([4, 5]);
  });

  it('SHP-15 is not for more aisles than the server keeps', () => {
    const many = Array.from({ length: 201 }, (_, number) => `${number}`);
    const walked = [0, 1, 2].map((number) => ({ ...trip(number, ''), aisles: ['1', '0'] }));
    expect(orderOffer(walked, many, null)).toBeNull();
    expect(orderOffer(walked, many.slice(1), null)).toBeNull();
    expect(orderOffer(walked, many.slice(0, 200), null)).not.toBeNull();
  });

  it('SHP-16 comes again if the walk has changed by more than one swap of neighbours', () => {
    const walked = trips(3, 'dcba');
    expect(orderOffer(walked, current, [...'dcba'])).toBeNull();
    expect(orderOffer(walked, current, [...'DCAB'])).toBeNull();
    expect(orderOffer(walked, current, [...'xdycba'])).toBeNull();
    expect(orderOffer(walked, current, [...'dacb'])?.walked).toEqual([...'dcba']);
  });
});

describe('the trips of this browser', () => {
  const stored = new Map<string, string>();

  beforeEach(() => {
    stored.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
    });
  });

  it('SHP-14 are those of a list and a shop, the latest first, and few', () => {
    for (let number = 0; number < 20; number += 1) {
      addPastTrip('home', trip(number, 'ab'));
      addPastTrip('home', trip(number, 'ab', 'Market'));
      addPastTrip('work', trip(number, 'ab', number % 2 ? 'market' : 'Market'));
    }
    const ids = pastTrips('work', 'MARKET').map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([MAX_TRIPS, 'trip 19', 'trip 8']);
    expect(pastTrips('home', '')).toHaveLength(MAX_TRIPS);
    expect(pastTrips('home', 'Baker')).toEqual([]);
    for (let number = 0; number < 200; number += 1)
      addPastTrip(`list ${number}`, trip(number, 'ab'));
    const all = JSON.parse(stored.get(PAST_TRIPS_KEY) ?? '') as { trips: unknown[] };
    expect(all.trips).toHaveLength(100);
  });

  it('SHP-14 leave out those through one aisle, and join the parts of one', () => {
    addPastTrip('home', trip(1, 'aAa'));
    addPastTrip('home', trip(2, ''));
    expect(pastTrips('home', '')).toEqual([]);
    addPastTrip('home', trip(3, 'ab'));
    addPastTrip('home', trip(3, 'c'));
    expect(pastTrips('home', '').map(({ aisles }) => aisles)).toEqual([['a', 'b', 'c']]);
  });

  it('SHP-16 have the order of each shop that the user declined last', () => {
    declineOrder('home', '', ['a', 'b']);
    declineOrder('home', 'Market', ['b', 'a']);
    declineOrder('home', '', ['c']);
    expect(declinedOrder('home', '')).toEqual(['c']);
    expect(declinedOrder('home', 'market')).toEqual(['b', 'a']);
    expect(declinedOrder('work', '')).toBeNull();
    expect(pastTrips('home', '')).toEqual([]);
  });

  it('SHP-14 are none if what is stored cannot be read or written', () => {
    stored.set(PAST_TRIPS_KEY, 'no JSON');
    expect(pastTrips('home', '')).toEqual([]);
    vi.stubGlobal('localStorage', {
      getItem: () => null,
      setItem: () => {
        throw new Error('full');
      },
    });
    addPastTrip('home', trip(1, 'ab'));
    expect(pastTrips('home', '')).toEqual([]);
  });
});
