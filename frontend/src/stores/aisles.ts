import { nameKey } from '../sync/edit';
import type { ViewRow } from '../sync/optimistic-view';

/** The rows of one aisle of a list, in the order of the list. */
export interface AisleSection {
  /** The key of the aisle's name, empty for rows without an aisle. */
  key: string;
  name: string;
  rows: readonly ViewRow[];
  /** How many of the rows are not ticked. */
  openCount: number;
}

const collator = new Intl.Collator(__LOCALE__, { numeric: true });

/**
 * Group rows by their aisle: those of `order` first, then by name, then what has no aisle.
 *
 * A section that is the same as in `previous` is the same object, so that one tick in a long list
 * renders one section.
 */
export function groupByAisle(
  previous: readonly AisleSection[],
  rows: readonly ViewRow[],
  order: readonly string[],
): readonly AisleSection[] {
  const known = new Map(previous.map((section) => [section.key, section]));
  const ranks = new Map(order.map((name, index) => [nameKey(name), { name, index }]));
  const rankOf = ({ key }: AisleSection): number =>
    key === '' ? Infinity : (ranks.get(key)?.index ?? order.length);
  const sections = sectionsOf(rows)
    .map((section) => ({ ...section, name: ranks.get(section.key)?.name ?? section.name }))
    .sort((a, b) => rankOf(a) - rankOf(b) || collator.compare(a.name, b.name))
    .map((section) => keepSame(known.get(section.key), section));
  return isSame(previous, sections) ? previous : sections;
}

/** All rows as one section, which has no head. */
export function ungrouped(
  previous: readonly AisleSection[],
  rows: readonly ViewRow[],
): readonly AisleSection[] {
  const [only] = previous;
  if (previous.length === 1 && only?.key === '' && isSame(only.rows, rows)) return previous;
  return [{ key: '', name: '', rows, openCount: openCountOf(rows) }];
}

function openCountOf(rows: readonly ViewRow[]): number {
  return rows.filter(({ item }) => !item.purchased).length;
}

function sectionsOf(rows: readonly ViewRow[]): AisleSection[] {
  const byCategory = new Map<string, AisleSection & { rows: ViewRow[] }>();
  const byKey = new Map<string, AisleSection & { rows: ViewRow[] }>();
  for (const row of rows) {
    const { category, purchased } = row.item;
    let section = byCategory.get(category);
    if (!section) {
      const key = nameKey(category);
      section = byKey.get(key) ?? { key, name: category, rows: [], openCount: 0 };
      // Of several spellings always the same one, whatever row is the first.
      if (category < section.name) section.name = category;
      byCategory.set(category, section);
      byKey.set(key, section);
    }
    section.rows.push(row);
    if (!purchased) section.openCount += 1;
  }
  return [...byKey.values()];
}

function keepSame(before: AisleSection | undefined, after: AisleSection): AisleSection {
  const isKept = before?.name === after.name && isSame(before.rows, after.rows);
  return isKept ? before : after;
}

function isSame<Value>(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
