import type { OpenList } from '../../stores/open-list.svelte';
import { toggled } from '../../stores/selection';
import { longPress } from '../long-press';

/** Let a long press, or a click with Control or Shift, begin to select rows. */
export function listenForSelecting(rows: HTMLElement, list: OpenList): () => void {
  function idOf(target: EventTarget | null): string | null {
    // The editor of an item is a form.
    if (list.mode !== null || !(target instanceof Element) || target.closest('form')) return null;
    return target.closest<HTMLElement>('[data-item]')?.dataset['item'] ?? null;
  }

  function select(id: string | null): void {
    if (id === null) return;
    list.mode = 'select';
    list.selection = toggled(list.selection, id);
  }

  function onClick(event: MouseEvent): void {
    const id = event.ctrlKey || event.metaKey || event.shiftKey ? idOf(event.target) : null;
    if (id === null) return;
    select(id);
    event.preventDefault();
    event.stopPropagation();
  }

  const stop = longPress(
    (_, target) => {
      select(idOf(target));
    },
    { isMenuToo: false, isWanted: (target) => idOf(target) !== null },
  )(rows);
  rows.addEventListener('click', onClick, { capture: true });
  return () => {
    stop();
    rows.removeEventListener('click', onClick, { capture: true });
  };
}
