import type { Change, ItemRow } from '../protocol/frames';
import type { Suggestion } from '../protocol/rest';
import { keyOfItem, nameKey } from './edit';
import { changedRows, type Replica } from './replica';

/** A name that was used before. Times are in Unix milliseconds. */
export interface KnownName {
  /** What it is compared by (`nameKey`). */
  key: string;
  /** The spelling, the details and the list of its newest row. */
  name: string;
  quantity: string;
  category: string;
  list: string;
  /** When this row was written. */
  at: number;
  /** How often it was put on a list, and when for the last time. */
  times: number;
  usedAt: number;
  timesBought: number;
  /** When it was bought, the newest first. */
  purchases: readonly number[];
}

/** How many purchases are kept. */
export const MAX_PURCHASES = 6;

/** Ticks that are nearer to each other are one purchase, as the server counts them. */
const SAME_PURCHASE = 60 * 60 * 1000;

/** After this time, the use of a name counts half. */
const HALF_LIFE = 30 * 24 * 60 * 60 * 1000;

/** What a row says of its name. */
export function nameOfRow(row: ItemRow, list: string): KnownName {
  const { name, quantity, category, purchased_at: boughtAt } = row;
  return {
    key: keyOfItem(row),
    name,
    quantity,
    category,
    list,
    at: Date.parse(row.updated_at),
    times: 1,
    usedAt: Date.parse(row.created_at),
    timesBought: boughtAt === null ? 0 : 1,
    purchases: boughtAt === null ? [] : [Date.parse(boughtAt)],
  };
}

/** What the server says of a name. */
export function nameOfSuggestion(row: Suggestion): KnownName {
  const { name, quantity, category, list, times, times_bought: timesBought } = row;
  const usedAt = Date.parse(row.last_used);
  const purchases = row.purchases.map((at) => Date.parse(at));
  const at = Math.max(usedAt, purchases[0] ?? 0);
  return {
    key: nameKey(name),
    name,
    quantity,
    category,
    list,
    at,
    times,
    usedAt,
    timesBought,
    purchases,
  };
}

/**
 * What is known of a name from two sources. It is the same in whichever order they come, and
 * however often: both may have counted the same uses.
 */
export function mergedName(a: KnownName, b: KnownName): KnownName {
  const newest = b.at > a.at ? b : a;
  const purchases = distinctPurchases([...a.purchases, ...b.purchases]);
  return {
    ...newest,
    times: Math.max(a.times, b.times),
    usedAt: Math.max(a.usedAt, b.usedAt),
    timesBought: Math.max(a.timesBought, b.timesBought, purchases.length),
    purchases: purchases.slice(0, MAX_PURCHASES),
  };
}

function distinctPurchases(times: readonly number[]): number[] {
  const distinct: number[] = [];
  for (const time of [...times].sort((a, b) => b - a)) {
    const later = distinct.at(-1);
    if (later === undefined || later - time >= SAME_PURCHASE) distinct.push(time);
  }
  return distinct;
}

/** A use or a purchase of a name that a change contains. */
export interface NameUse {
  row: KnownName;
  /** Whether the change put the name on the list. */
  isUse: boolean;
  isPurchase: boolean;
}

/** What a change of a list says of the names of its rows. */
export function usesOfChange(
  list: string,
  change: Change,
  before: Pick<Replica, 'items'>,
  after: Pick<Replica, 'items'>,
): NameUse[] {
  const at = Date.parse(change.at);
  return changedRows(change, after).map((item) => {
    const old = before.items.get(item.id);
    const isUse = !old || old.name !== item.name || (old.purchased && !item.purchased);
    const row = nameOfRow(item, list);
    if (isUse) row.usedAt = at;
    return { row, isUse, isPurchase: item.purchased && old?.purchased !== true };
  });
}

/** A name after one more use of it. */
export function countedName(known: KnownName | undefined, use: NameUse): KnownName {
  if (!known) return use.row;
  const merged = mergedName(known, use.row);
  const isNewPurchase = use.isPurchase && isDistinct(known.purchases, use.row.purchases[0]);
  return {
    ...merged,
    times: known.times + Number(use.isUse),
    timesBought: known.timesBought + Number(isNewPurchase),
  };
}

function isDistinct(purchases: readonly number[], time = 0): boolean {
  return purchases.every((other) => Math.abs(other - time) >= SAME_PURCHASE);
}

/** Equal in all that is stored. */
export function isEqualName(a: KnownName, b: KnownName): boolean {
  return (
    a.name === b.name &&
    a.quantity === b.quantity &&
    a.category === b.category &&
    a.list === b.list &&
    a.at === b.at &&
    a.times === b.times &&
    a.usedAt === b.usedAt &&
    a.timesBought === b.timesBought &&
    a.purchases.length === b.purchases.length &&
    a.purchases.every((time, index) => time === b.purchases[index])
  );
}

/**
 * A number that is higher for a name used more often and more recently, as the server orders them.
 *
 * All scores halve at the same rate, so the order does not depend on the current time.
 */
export function rankOf({ times, usedAt }: KnownName): number {
  return Math.log2(times) + usedAt / HALF_LIFE;
}
