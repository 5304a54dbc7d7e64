import type { ItemRow, Person } from '../protocol/frames';
import { optimisticChanges, savedRow, type RowChanges, type ViewRow } from './optimistic-view';
import type { Outbox } from './outbox';

type Items = ReadonlyMap<string, ItemRow>;

/**
 * A list as the user sees it: the confirmed items with the user's own edits applied.
 *
 * A view is never changed. The next one shares with it every row that is the same, so a tick in a
 * list of 10,000 items renders one row.
 */
export interface ListView {
  /** All rows, in the order of the list. */
  readonly rows: readonly ViewRow[];
  /** The bought rows, the latest first. */
  readonly boughtRows: readonly ViewRow[];
  readonly items: Items;
  readonly edits: Outbox;
  readonly user: Person | null;
  readonly changes: RowChanges;
}

type Compare = (a: ViewRow, b: ViewRow) => number;

/** The numbers of changed rows from which sorting all rows is faster than moving each of them. */
const MAX_MOVED_ROWS = 100;

export const emptyView: ListView = {
  rows: [],
  boughtRows: [],
  items: new Map(),
  edits: [],
  user: null,
  changes: new Map(),
};

/** The view of these items and edits. `previous` is a view of earlier ones of the same list. */
export function nextView(
  previous: ListView,
  items: Items,
  edits: Outbox,
  user: Person | null,
): ListView {
  const isSame = items === previous.items && isEqual(edits, previous.edits);
  if (isSame && user === previous.user) return previous;
  const next = { ...previous, items, edits, user, changes: optimisticChanges(items, edits, user) };
  const changes = keepEqualRows(next.changes, previous.changes);
  const replaced = replacedRows(previous, { ...next, changes });
  const isBought = ({ item }: ViewRow): boolean => item.purchased;
  return {
    ...next,
    changes,
    rows: replaceRows(previous.rows, replaced, byPosition),
    boughtRows: replaceRows(previous.boughtRows, select(replaced, isBought), byTimeBought),
  };
}

/** The rows of all items with edits applied, in the order of the list. */
export function optimisticRows(
  items: Items,
  edits: Outbox,
  user: Person | null,
): readonly ViewRow[] {
  return nextView(emptyView, items, edits, user).rows;
}

/** The id of the item in front of another one, or null for the first item. */
export function itemBefore(items: Items, id: string): string | null {
  const item = items.get(id);
  if (!item) return null;
  let before: ItemRow | null = null;
  for (const other of items.values()) {
    if (comparePositions(other, item) < 0 && (!before || comparePositions(before, other) < 0))
      before = other;
  }
  return before && before.id;
}

/** The rows that one view has and the next has not, and the reverse. */
interface ReplacedRows {
  removed: readonly ViewRow[];
  added: readonly ViewRow[];
}

export function replacedRows(before: ListView, after: ListView): ReplacedRows {
  const removed: ViewRow[] = [];
  const added: ViewRow[] = [];
  for (const id of changedIds(before, after)) {
    const old = rowOf(before, id);
    const row = rowOf(after, id);
    if (old === row) continue;
    if (old) removed.push(old);
    if (row) added.push(row);
  }
  return { removed, added };
}

function rowOf({ items, changes }: ListView, id: string): ViewRow | null {
  const changed = changes.get(id);
  if (changed !== undefined) return changed;
  const item = items.get(id);
  return item ? savedRow(item) : null;
}

/** The ids of rows that may differ between two views. */
function changedIds(before: ListView, after: ListView): ReadonlySet<string> {
  const ids = new Set([...before.changes.keys(), ...after.changes.keys()]);
  if (before.items === after.items) return ids;
  for (const [id, item] of after.items) if (before.items.get(id) !== item) ids.add(id);
  for (const id of before.items.keys()) if (!after.items.has(id)) ids.add(id);
  return ids;
}

function select({ removed, added }: ReplacedRows, test: (row: ViewRow) => boolean): ReplacedRows {
  return { removed: removed.filter(test), added: added.filter(test) };
}

/** Remove and add some rows of a sorted array. */
function replaceRows(
  rows: readonly ViewRow[],
  { removed, added }: ReplacedRows,
  compare: Compare,
): readonly ViewRow[] {
  if (removed.length === 0 && added.length === 0) return rows;
  if (removed.length + added.length > MAX_MOVED_ROWS) {
    const gone = new Set(removed);
    return [...rows.filter((row) => !gone.has(row)), ...added].sort(compare);
  }
  const after = [...rows];
  for (const row of removed) after.splice(insertionIndex(after, row, compare), 1);
  for (const row of added) after.splice(insertionIndex(after, row, compare), 0, row);
  return after;
}

/** The index of a row in a sorted array, or where it belongs. */
function insertionIndex(rows: readonly ViewRow[], row: ViewRow, compare: Compare): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows[middle];
    if (other && compare(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byPosition(a: ViewRow, b: ViewRow): number {
  return comparePositions(a.item, b.item);
}

function comparePositions(a: ItemRow, b: ItemRow): number {
  return compareTexts(a.position, b.position) || compareTexts(a.id, b.id);
}

function byTimeBought({ item: a }: ViewRow, { item: b }: ViewRow): number {
  return compareTexts(b.purchased_at ?? '', a.purchased_at ?? '') || compareTexts(a.id, b.id);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Keep the objects of rows that edits change as before, so that they are not rendered again. */
function keepEqualRows(changes: RowChanges, before: RowChanges): RowChanges {
  return new Map(
    Array.from(changes, ([id, row]) => {
      const old = before.get(id);
      return [id, row && old && isEqualRow(row, old) ? old : row];
    }),
  );
}

function isEqualRow(a: ViewRow, b: ViewRow): boolean {
  if (a === b) return true;
  // A row that an older server recorded does not have every field.
  const fields = Object.keys({ ...a.item, ...b.item }) as (keyof ItemRow)[];
  return a.status === b.status && fields.every((field) => a.item[field] === b.item[field]);
}

function isEqual(a: Outbox, b: Outbox): boolean {
  return a === b || (a.length === b.length && a.every((entry, index) => entry === b[index]));
}
