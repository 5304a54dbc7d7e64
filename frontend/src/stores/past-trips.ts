import { isSameName } from '../sync/edit';
import { PAST_TRIPS_KEY } from '../sync/storage';
import { MAX_TRIPS } from './aisle-order';

/** A walk of the user through one shop that has ended. */
export interface PastTrip {
  id: string;
  /** The name of the shop, empty if none was chosen. */
  shop: string;
  /** Unix milliseconds. */
  endedAt: number;
  /** The aisles of the ticked items, in the order of the ticks. */
  aisles: readonly string[];
}

/** An order of aisles that the user did not want. */
interface DeclinedOrder {
  list: string;
  shop: string;
  order: readonly string[];
}

interface StoredTrips {
  /** The latest first. */
  trips: readonly (PastTrip & { list: string })[];
  declined: readonly DeclinedOrder[];
}

/** The trips and the declined orders that are kept, of all lists. */
const MAX_ALL_TRIPS = 100;
const MAX_DECLINED = 50;

/** What one shop of a list is, for all who store something of it. */
const isOf =
  (list: string, shop: string) =>
  (other: { list: string; shop: string }): boolean =>
    other.list === list && isSameName(other.shop, shop);

function readAll(): StoredTrips {
  try {
    const stored = JSON.parse(localStorage.getItem(PAST_TRIPS_KEY) ?? '{}') as Partial<StoredTrips>;
    return { trips: stored.trips ?? [], declined: stored.declined ?? [] };
  } catch {
    return { trips: [], declined: [] };
  }
}

function writeAll(all: StoredTrips): void {
  try {
    localStorage.setItem(PAST_TRIPS_KEY, JSON.stringify(all));
  } catch {
    // A browser that stores nothing learns nothing.
  }
}

/** The trips of this browser through a shop for a list, the latest first. */
export function pastTrips(list: string, shop: string): readonly PastTrip[] {
  return readAll().trips.filter(isOf(list, shop));
}

/** Keep a trip. What it says of a shop that was left and visited again is one trip. */
export function addPastTrip(list: string, trip: PastTrip): void {
  const { trips, declined } = readAll();
  const isOfShop = isOf(list, trip.shop);
  const before = trips.find((each) => isOfShop(each) && each.id === trip.id);
  const aisles = [...(before?.aisles ?? []), ...trip.aisles];
  // A trip through one aisle says nothing about the order.
  if (aisles.every((aisle) => isSameName(aisle, aisles[0] ?? ''))) return;
  const others = trips.filter((each) => each !== before);
  const ofShop = others.filter(isOfShop).slice(0, MAX_TRIPS - 1);
  const kept = others.filter((each) => !isOfShop(each) || ofShop.includes(each));
  writeAll({ trips: [{ ...trip, aisles, list }, ...kept].slice(0, MAX_ALL_TRIPS), declined });
}

/** The names of the shops of a list of which this browser knows trips or a declined order. */
export function shopsOfPastTrips(list: string): ReadonlySet<string> {
  const { trips, declined } = readAll();
  return new Set(
    [...trips, ...declined].filter((each) => each.list === list).map(({ shop }) => shop),
  );
}

/** The shop has another name now. */
export function renamePastShop(list: string, from: string, to: string): void {
  const { trips, declined } = readAll();
  const isOfShop = isOf(list, from);
  const renamed = <T extends { list: string; shop: string }>(each: T): T =>
    isOfShop(each) ? { ...each, shop: to } : each;
  writeAll({ trips: trips.map(renamed), declined: declined.map(renamed) });
}

/** The order of a shop that the user declined last. */
export function declinedOrder(list: string, shop: string): readonly string[] | null {
  return readAll().declined.find(isOf(list, shop))?.order ?? null;
}

export function declineOrder(list: string, shop: string, order: readonly string[]): void {
  const { trips, declined } = readAll();
  const isOfShop = isOf(list, shop);
  const others = declined.filter((each) => !isOfShop(each));
  writeAll({ trips, declined: [{ list, shop, order }, ...others].slice(0, MAX_DECLINED) });
}
