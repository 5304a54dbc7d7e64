import type { Clock } from '../net/clock';
import { uuid } from '../net/uuid';
import type { Trip } from '../protocol/frames';
import { nameKey } from '../sync/edit';
import type { ViewRow } from '../sync/optimistic-view';
import type { StoredTrip } from './list-choices';
import type { OwnPresence } from './own-presence.svelte';
import type { PastTrip } from './past-trips';
import { isBoughtSince } from './trip-progress';

/** Without a tick for this time, the others no longer see the user shopping. */
export const IDLE_TIME = 20 * 60_000;
/** A trip without a tick for this time has ended, and the next one begins anew. */
const MAX_PAUSE = 3 * 60 * 60_000;
/** How many ticks of a trip are kept, to learn the order of the aisles. */
const MAX_TICKS = 200;

/** What was done last, so that it can be taken back. */
export interface LastAction {
  row: ViewRow;
  kind: 'bought' | 'not found';
}

/** What a trip was, at its end. */
export interface TripSummary {
  count: number;
  minutes: number;
  /** The others who bought something, or who shopped too. */
  names: readonly string[];
  notFound: number;
}

/** The parts of an open list that a trip changes. */
export interface TripList {
  own: OwnPresence | null;
  tick: (row: ViewRow, purchased: boolean) => void;
  change: (item: string, name: string, fields: { not_found: boolean }) => void;
}

/** Keeps the trips of one list in this browser. */
export interface TripStorage {
  /** The trip that has begun, if there is one. */
  read: () => StoredTrip | undefined;
  write: (trip: StoredTrip | undefined) => void;
  /** Keep what was learned of a shop. */
  add: (trip: PastTrip) => void;
}

/** One walk of the user through a shop. It survives a reload of the page. */
export class ShopTrip {
  readonly trip: Trip;
  shop = $state<string | null>(null);
  isIdle = $state(false);
  last = $state.raw<LastAction | null>(null);
  /** The aisles of the items that were ticked in this shop, in the order of the ticks. */
  aisles: string[];
  #lastTickAt: number;
  #cancelIdle: (() => void) | null = null;

  constructor(
    private readonly list: TripList,
    private readonly clock: Clock,
    /** The time of the server, in Unix milliseconds. */
    private readonly serverTime: () => number,
    private readonly storage: TripStorage,
  ) {
    const stored = storage.read();
    const resumed = stored && serverTime() - stored.lastTickAt < MAX_PAUSE ? stored : null;
    // Many users put the phone away at the till, without an end.
    if (stored && !resumed) storage.add(pastTripOf(stored));
    this.trip = {
      id: resumed?.id ?? uuid(),
      started_at: resumed?.startedAt ?? new Date(serverTime()).toISOString(),
    };
    this.shop = resumed?.shop ?? null;
    this.aisles = [...(resumed?.aisles ?? [])];
    this.#lastTickAt = resumed?.lastTickAt ?? serverTime();
    this.#save();
    this.#restartIdle();
  }

  get startedAt(): number {
    return Date.parse(this.trip.started_at);
  }

  /** Tell the others where the user is, or that the user has put the phone away. */
  announce(): void {
    const { own } = this.list;
    own?.setTrip(this.isIdle ? null : { ...this.trip, shop: this.shop });
  }

  setShop(shop: string | null): void {
    // A user who chooses the shop late has been there before.
    if (this.shop !== null) {
      this.storage.add(this.past);
      this.aisles = [];
    }
    this.shop = shop;
    this.#save();
    this.announce();
  }

  /** The shop of this trip has another name now: it is the same walk. */
  renameShop(name: string): void {
    this.shop = name;
    this.#save();
    this.announce();
  }

  tick(row: ViewRow, isBought: boolean): void {
    this.list.tick(row, isBought);
    this.last = isBought ? { row, kind: 'bought' } : null;
    if (isBought) this.aisles.push(row.item.category);
    else this.#forgetAisle(row);
    if (this.aisles.length > MAX_TICKS) this.aisles.shift();
    this.#touch();
  }

  setNotFound(row: ViewRow, isMissing: boolean): void {
    this.list.change(row.item.id, row.item.name, { not_found: isMissing });
    this.last = isMissing ? { row, kind: 'not found' } : null;
    this.#touch();
  }

  /** Take back what was done last. */
  undoLast(): void {
    const { last } = this;
    if (last?.kind === 'bought') this.tick(last.row, false);
    else if (last) this.setNotFound(last.row, false);
  }

  /** Take an aisle, or leave it to the others. */
  claim(aisle: string, isClaimed: boolean): void {
    const { own } = this.list;
    if (!own) return;
    const others = own.aisles.filter((name) => nameKey(name) !== nameKey(aisle));
    own.setAisles(isClaimed ? [...others, aisle] : others);
  }

  summary(
    rows: readonly ViewRow[],
    notFound: number,
    shopperNames: readonly string[],
    userId: number | null,
  ): TripSummary {
    const bought = rows.filter((row) => isBoughtSince(row, this.startedAt));
    const buyers = bought.flatMap(({ item: { purchased_by: buyer } }) =>
      buyer && buyer.id !== userId ? [buyer.name] : [],
    );
    const end = this.isIdle ? this.#lastTickAt : this.serverTime();
    return {
      count: bought.length,
      minutes: Math.max(1, Math.round((end - this.startedAt) / 60_000)),
      names: [...new Set([...shopperNames, ...buyers])],
      notFound,
    };
  }

  /** What this trip says of the shop in which it is now. */
  get past(): PastTrip {
    return pastTripOf(this.#stored);
  }

  /** The trip is over. */
  end(): void {
    this.stop();
    this.storage.add(this.past);
    this.storage.write(undefined);
    this.list.own?.setTrip(null);
  }

  /** The page is left. The trip can be continued. */
  stop(): void {
    this.#cancelIdle?.();
  }

  #forgetAisle({ item }: ViewRow): void {
    const index = this.aisles.lastIndexOf(item.category);
    if (index >= 0) this.aisles.splice(index, 1);
  }

  #touch(): void {
    this.#lastTickAt = this.serverTime();
    this.#save();
    this.#restartIdle();
    if (!this.isIdle) return;
    this.isIdle = false;
    this.announce();
  }

  #restartIdle(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.clock.schedule(IDLE_TIME, () => {
      this.isIdle = true;
      this.announce();
    });
  }

  get #stored(): StoredTrip {
    return {
      id: this.trip.id,
      startedAt: this.trip.started_at,
      shop: this.shop,
      lastTickAt: this.#lastTickAt,
      aisles: this.aisles,
    };
  }

  #save(): void {
    this.storage.write(this.#stored);
  }
}

function pastTripOf({ id, shop, lastTickAt, aisles }: StoredTrip): PastTrip {
  return { id, shop: shop ?? '', endedAt: lastTickAt, aisles: [...aisles] };
}
