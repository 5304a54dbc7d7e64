/**
 * The digest of a list: a number that tells whether two copies of it are the same.
 *
 * It is the sum, modulo 2^64, of a hash of each row. shopping_list/digest.py computes the same.
 */
import type { ItemRow, ListRow } from '../protocol/frames';
import { sha256 } from './sha256';

/** An unsigned number of 64 bits, as its two halves: BigInt is several times slower. */
export interface RowHash {
  high: number;
  low: number;
}

/** The digest of a list that does not exist. */
export const EMPTY_DIGEST = '0'.repeat(16);

const HALF = 2 ** 32;
const encoder = new TextEncoder();

/** The digest of a whole list, as 16 hexadecimal digits. */
export function digestOf(list: ListRow, items: Iterable<ItemRow>): string {
  return digestAfter(EMPTY_DIGEST, [], [listHash(list), ...Array.from(items, itemHash)]);
}

/** The digest after rows with the hashes `removed` became rows with the hashes `added`. */
export function digestAfter(
  digest: string,
  removed: readonly RowHash[],
  added: readonly RowHash[],
): string {
  let high = parseInt(digest.slice(0, 8), 16);
  let low = parseInt(digest.slice(8), 16);
  // A sum of a million halves is far below 2^53, so nothing is rounded before the end.
  for (const hash of added) {
    high += hash.high;
    low += hash.low;
  }
  for (const hash of removed) {
    high -= hash.high;
    low -= hash.low;
  }
  return hexOf(high + Math.floor(low / HALF)) + hexOf(low);
}

/** The hash of a list's own fields and members, without `last_interaction` and names of users. */
export function listHash(list: ListRow): RowHash {
  const roles = list.members.map((member) => [member.id, member.role] as const);
  roles.sort(([a], [b]) => a - b);
  const shops = byName(list.shops).map(([name, { aisles }]) => [name, aisles]);
  const staples = byName(list.staples).map(([name, { quantity, note, category }]) => {
    return [name, quantity, note, category];
  });
  return hashOf(
    [list.id, list.name, list.created_at, list.created_by?.id ?? null, roles],
    [list.aisles ?? [], shops, staples],
  );
}

/** The hash of an item, with the ids of its users but without their names. */
export function itemHash(item: ItemRow): RowHash {
  return hashOf(
    [
      item.id,
      item.name,
      item.quantity,
      item.note,
      item.category,
      item.purchased,
      item.purchased_at,
      item.purchased_by?.id ?? null,
      item.position,
      item.version,
      item.created_at,
      item.created_by?.id ?? null,
      item.updated_at,
    ],
    [item.shops ?? [], item.not_found_at ?? ''],
  );
}

/** The values of an object in the order of RFC 8785: by the UTF-16 code units of the names. */
function byName<T>(object: Readonly<Record<string, T>> = {}): [string, T][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The first 8 bytes of the SHA-256 of fields as a JSON array.
 *
 * Fields that were added later are appended up to the last that is not empty.
 */
function hashOf(fields: unknown[], added: readonly ArrayLike<unknown>[]): RowHash {
  const used = added.findLastIndex(({ length }) => length > 0) + 1;
  const row = [...fields, ...added.slice(0, used)];
  const [high = 0, low = 0] = sha256(encoder.encode(JSON.stringify(row)));
  return { high, low };
}

/** The half of a number modulo 2^32, as 8 hexadecimal digits. */
function hexOf(half: number): string {
  return (((half % HALF) + HALF) % HALF).toString(16).padStart(8, '0');
}
