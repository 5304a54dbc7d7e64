import type { ItemRow } from '../protocol/frames';
import type { ViewRow } from '../sync/optimistic-view';
import type { AisleSection } from './aisles';

/** Where an item goes. `after`: the item in front of it in the whole list, null for the top. */
export interface Placement {
  after: string | null;
  /** The aisle that it goes into, if it is another one. */
  category?: string;
}

export type Step = 'up' | 'down' | 'top';

/** Where an item is among the rows of its section. */
export interface PlaceInSection {
  section: AisleSection;
  /** From 1. */
  number: number;
}

export function placeOf(sections: readonly AisleSection[], id: string): PlaceInSection | null {
  for (const section of sections) {
    const index = section.rows.findIndex(({ item }) => item.id === id);
    if (index >= 0) return { section, number: index + 1 };
  }
  return null;
}

/**
 * Where an item goes by one step among the rows of its section; null if it is there already.
 *
 * `rows` are all rows in the order of the list. Between two rows of a section there may be others.
 */
export function placeAfterStep(
  sections: readonly AisleSection[],
  rows: readonly ViewRow[],
  id: string,
  step: Step,
): Placement | null {
  const place = placeOf(sections, id);
  if (!place) return null;
  const { section, number } = place;
  if (step === 'down') {
    const next = section.rows[number];
    return next ? { after: next.item.id } : null;
  }
  const target = section.rows[step === 'top' ? 0 : number - 2];
  return target && target.item.id !== id ? placeBefore(rows, id, target.item.id) : null;
}

/** Where an item goes to be in front of another one. */
function placeBefore(rows: readonly ViewRow[], id: string, before: string): Placement {
  const others = rows.filter(({ item }) => item.id !== id);
  const index = others.findIndex(({ item }) => item.id === before);
  return { after: others[index - 1]?.item.id ?? null };
}

/**
 * Where an item goes that is dropped into a section in front of the row `before`, or at its end.
 *
 * Null: it stays where it is.
 */
export function placeAfterDrop(
  sections: readonly AisleSection[],
  rows: readonly ViewRow[],
  { id, category }: Pick<ItemRow, 'id' | 'category'>,
  target: { key: string; before: string | null },
): Placement | null {
  const section = sections.find(({ key }) => key === target.key);
  if (!section) return null;
  const isHere = section.rows.some(({ item }) => item.id === id);
  const others = section.rows.filter(({ item }) => item.id !== id);
  const index = others.findIndex(({ item }) => item.id === target.before);
  const place = isHere ? section.rows.findIndex(({ item }) => item.id === id) : -1;
  if (isHere && place === (index < 0 ? others.length : index)) return null;
  const last = others.at(-1);
  const placement =
    target.before !== null && index >= 0
      ? placeBefore(rows, id, target.before)
      : { after: last ? last.item.id : null };
  const isOther = sections.length > 1 && !isHere && section.name !== category;
  return isOther ? { ...placement, category: section.name } : placement;
}
