import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { followShopNames } from '../../src/stores/kept-shops';
import { addPastTrip, declinedOrder, declineOrder, pastTrips } from '../../src/stores/past-trips';
import { readChoices } from '../../src/stores/list-choices';
import { ShopTrip } from '../../src/stores/shop-trip.svelte';
import { LIST_CHOICES_KEY, PAST_TRIPS_KEY } from '../../src/sync/storage';
import { OpenedList } from './opened-list';

const WALK = ['Fruit', 'Dairy'];

beforeEach(() => {
  localStorage.removeItem(PAST_TRIPS_KEY);
  localStorage.removeItem(LIST_CHOICES_KEY);
});

/** A list whose user has chosen Lidl, is there, has been there, and declined an order. */
async function openInLidl(): Promise<OpenedList> {
  const opened = await OpenedList.with(
    { name: 'Milk', shops: ['Lidl'] },
    { name: 'Bread', shops: ['Aldi'] },
  );
  const { list, clock } = opened;
  list.aisles.setShop('Lidl');
  addPastTrip(list.id, { id: 'a', shop: 'Lidl', endedAt: 1, aisles: WALK });
  declineOrder(list.id, 'Lidl', WALK);
  const storage = { read: () => undefined, write: () => undefined, add: () => undefined };
  list.trip = new ShopTrip(list, clock, () => clock.now(), storage);
  list.trip.setShop('Lidl');
  onTestFinished(followShopNames(list));
  return opened;
}

async function renameElsewhere(opened: OpenedList, from: string, to: string): Promise<void> {
  const path = `shopping-lists/${opened.list.id}/shops/rename/`;
  void opened.server.http({ method: 'POST', path, body: { from, to }, op: `${from} ${to}` });
  await opened.deliver();
}

describe('what a browser keeps of a shop that a member renames (SHP-17)', () => {
  it('has its new name', async () => {
    const opened = await openInLidl();
    await renameElsewhere(opened, 'Lidl', 'Market');
    const { list } = opened;
    expect([list.aisles.shop, list.trip?.shop]).toEqual(['Market', 'Market']);
    expect(readChoices(list.id).shop).toBe('Market');
    expect(list.openRows.map(({ item }) => item.name)).toEqual(['Milk']);
    expect(pastTrips(list.id, 'Market').map(({ aisles }) => aisles)).toEqual([WALK]);
    expect(declinedOrder(list.id, 'Market')).toEqual(WALK);
    expect(pastTrips(list.id, 'Lidl')).toEqual([]);
  });

  it('keeps the walks of two shops apart that became one', async () => {
    const opened = await openInLidl();
    addPastTrip(opened.list.id, { id: 'b', shop: 'Aldi', endedAt: 2, aisles: [...WALK, 'Tea'] });
    await renameElsewhere(opened, 'Lidl', 'Aldi');
    const { list } = opened;
    expect([list.aisles.shop, list.trip?.shop]).toEqual(['Aldi', 'Aldi']);
    expect(pastTrips(list.id, 'Aldi').map(({ id }) => id)).toEqual(['b']);
  });

  it('stays as it is when another member edits an item', async () => {
    const opened = await openInLidl();
    await opened.editElsewhere({ method: 'PATCH', item: 'bread', body: { shops: ['Market'] } });
    expect([opened.list.aisles.shop, opened.list.trip?.shop]).toEqual(['Lidl', 'Lidl']);
    expect(pastTrips(opened.list.id, 'Lidl')).toHaveLength(1);
  });
});
