import type { OpenList } from '../../stores/open-list.svelte';
import { toggled } from '../../stores/selection';

/** How long a finger rests on a row to select it, in milliseconds. */
const LONG_PRESS = 500;
/** A finger that moves more than this scrolls or swipes, in pixels. */
const SLOP = 10;

/** Let a long press, or a click with Control or Shift, begin to select rows. */
export function listenForSelecting(rows: HTMLElement, list: OpenList): () => void {
  const listening = new AbortController();
  const options = { signal: listening.signal, capture: true };
  let press: { x: number; y: number; timer: ReturnType<typeof setTimeout> } | null = null;
  let isSelected = false;

  function idOf(event: Event): string | null {
    const target = event.target instanceof Element ? event.target : null;
    // The editor of an item is a form.
    if (list.mode !== null || target?.closest('form')) return null;
    return target?.closest<HTMLElement>('[data-item]')?.dataset['item'] ?? null;
  }

  function select(id: string): void {
    list.mode = 'select';
    list.selection = toggled(list.selection, id);
  }

  function cancel(): void {
    if (press) clearTimeout(press.timer);
    press = null;
  }

  rows.addEventListener(
    'pointerdown',
    (event) => {
      cancel();
      isSelected = false;
      const id = event.pointerType === 'touch' ? idOf(event) : null;
      if (id === null) return;
      const timer = setTimeout(() => {
        isSelected = true;
        select(id);
      }, LONG_PRESS);
      press = { x: event.clientX, y: event.clientY, timer };
    },
    options,
  );
  rows.addEventListener(
    'pointermove',
    ({ clientX, clientY }) => {
      if (press && Math.hypot(clientX - press.x, clientY - press.y) > SLOP) cancel();
    },
    options,
  );
  rows.addEventListener('pointerup', cancel, options);
  rows.addEventListener('pointercancel', cancel, options);
  rows.addEventListener(
    'contextmenu',
    (event) => {
      if (press || isSelected) event.preventDefault();
    },
    options,
  );
  rows.addEventListener(
    'click',
    (event) => {
      const id = event.ctrlKey || event.metaKey || event.shiftKey ? idOf(event) : null;
      if (id !== null) select(id);
      // The press that has selected the row does nothing else.
      if (id === null && !isSelected) return;
      isSelected = false;
      event.preventDefault();
      event.stopPropagation();
    },
    options,
  );
  return () => {
    cancel();
    listening.abort();
  };
}
