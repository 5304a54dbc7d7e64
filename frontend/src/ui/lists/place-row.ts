import * as m from '#messages';
import { tick } from 'svelte';
import { moveItem } from '../../stores/list-actions';
import { placeAfterStep, placeOf, type Placement, type Step } from '../../stores/item-order';
import type { OpenList } from '../../stores/open-list.svelte';
import type { ItemRow } from '../../protocol/frames';

/** Move a row by one step in its aisle, and say where it is then. Returns whether it is a row. */
export function stepRow(list: OpenList, id: string, step: Step): boolean {
  const item = list.rows.find((row) => row.item.id === id)?.item;
  if (!item || item.purchased || !list.isAllowed('edit')) return false;
  const placement = placeAfterStep(list.aisles.sections, list.rows, id, step);
  if (placement) void placeRow(list, item, placement);
  else announcePlace(list, item);
  return true;
}

/** Move a row to a place. What had the focus in it has it again. */
export async function placeRow(list: OpenList, item: ItemRow, placement: Placement): Promise<void> {
  const focused = focusIn(item.id);
  moveItem(list, item, placement);
  announcePlace(list, item);
  await tick();
  if (focused === null) return;
  const element = document.querySelector<HTMLElement>(`${selectorOf(item.id)} ${focused}`);
  element?.focus({ preventScroll: true });
  element?.closest('[data-item]')?.scrollIntoView({ block: 'nearest' });
}

function announcePlace(list: OpenList, { id, name }: ItemRow): void {
  const place = placeOf(list.aisles.sections, id);
  if (!place) return;
  const { section, number } = place;
  const values = { name, number, count: section.rows.length };
  const aisle = section.name || m.aisle_none();
  list.say(
    list.aisles.isGrouped ? m.sort_place_in_aisle({ ...values, aisle }) : m.sort_place(values),
  );
}

const selectorOf = (id: string): string => `[data-item="${CSS.escape(id)}"]`;

/** The selector of what has the focus in a row, null if nothing has. */
function focusIn(id: string): string | null {
  const focused = document.activeElement;
  if (!focused?.closest(selectorOf(id))) return null;
  return focused instanceof HTMLInputElement ? 'input' : `.${focused.classList[0] ?? 'line'}`;
}
