import { beforeEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { addPastTrip } from '../../src/stores/past-trips';
import { ShopTrip } from '../../src/stores/shop-trip.svelte';
import { optimisticSettings } from '../../src/sync/list-settings';
import { PAST_TRIPS_KEY } from '../../src/sync/storage';
import EndSheet from '../../src/ui/shop/EndSheet.svelte';
import { OpenedList } from './opened-list';
import { render } from './render';

const WALK = ['Fruit', 'Dairy', 'Bakery'];
const dialog = page.getByRole('dialog');
const button = (name: string) => dialog.getByRole('button', { name, exact: true });
const summary = { count: 3, minutes: 5, names: [], notFound: 0 };

let opened: OpenedList;
let trip: ShopTrip;

/** A trip through the aisles after two others, of which the newest may be another walk. */
async function endThirdTrip({ shop = null as string | null, before = WALK } = {}): Promise<void> {
  opened = await OpenedList.with(
    { name: 'Apples', category: 'Fruit' },
    { name: 'Milk', category: 'Dairy' },
    { name: 'Bread', category: 'Bakery' },
  );
  const { list, clock } = opened;
  list.settingsOf = optimisticSettings;
  list.refresh();
  for (const [number, aisles] of [WALK, before].entries())
    addPastTrip(list.id, { id: `${number}`, shop: shop ?? '', endedAt: number, aisles });
  const storage = { read: () => undefined, write: () => undefined, add: () => undefined };
  trip = new ShopTrip(list, clock, () => clock.now(), storage);
  trip.setShop(shop);
  for (const id of ['apples', 'milk', 'bread']) trip.tick(opened.row(id), true);
  await opened.deliver();
}

function renderSheet(): void {
  const { list } = opened;
  render(EndSheet, { list, trip, summary, onEnd: () => undefined, onClose: () => undefined });
}

const aisles = (): unknown => opened.server.settings.aisles;

beforeEach(() => {
  localStorage.removeItem(PAST_TRIPS_KEY);
});

describe('the end of a trip', () => {
  it('SHP-15 offers the order of the walk with its reason, and takes it with an undo', async () => {
    await endThirdTrip();
    renderSheet();
    await expect.element(dialog).toHaveTextContent('You walk Fruit, Dairy, Bakery.');
    await expect.element(dialog).toHaveTextContent('From your last 3 trips.');
    expect(aisles()).toBeUndefined();
    await button('Use this order').click();
    await expect.element(dialog.getByText('The aisles have this order now.')).toHaveFocus();
    await opened.deliver();
    expect(aisles()).toEqual(WALK);
    await button('Undo').click();
    await expect.element(dialog.getByText('Your order stays.')).toHaveFocus();
    expect(opened.list.settings.aisles).toEqual([]);
  });

  it('SHP-15 writes the order of the shop, and says of how many trips it is', async () => {
    await endThirdTrip({ shop: 'Market', before: ['Bakery', 'Dairy'] });
    renderSheet();
    await expect.element(dialog).toHaveTextContent('At Market you walk Fruit, Dairy, Bakery.');
    await expect.element(dialog).toHaveTextContent('From 2 of your last 3 trips.');
    await button('Use this order').click();
    await opened.deliver();
    expect(opened.server.settings.shops).toEqual({ Market: { aisles: WALK } });
    expect(aisles()).toEqual([]);
  });

  it('SHP-15 offers nothing to a user who may not edit the list', async () => {
    await endThirdTrip();
    opened.list.role = 'ticker';
    renderSheet();
    await expect.element(button('End')).toBeVisible();
    expect(dialog.getByText('You walk').query()).toBeNull();
  });

  it('SHP-15 ends the offer when another member has made the order so', async () => {
    await endThirdTrip();
    renderSheet();
    await expect.element(button('Use this order')).toBeVisible();
    const path = `shopping-lists/${opened.list.id}/`;
    void opened.server.http({ method: 'PATCH', path, body: { aisles: WALK }, op: 'elsewhere' });
    await opened.deliver();
    await expect.element(button('Use this order')).not.toBeInTheDocument();
  });

  it('SHP-16 remembers that the user keeps their own order', async () => {
    await endThirdTrip();
    renderSheet();
    await button('Keep mine').click();
    await expect.element(dialog.getByText('Your order stays.')).toHaveFocus();
    renderSheet();
    await expect.element(page.getByRole('dialog').last()).toBeVisible();
    expect(page.getByRole('button', { name: 'Keep mine' }).query()).toBeNull();
    expect(aisles()).toBeUndefined();
  });
});
