import type { OpenList } from '../../stores/open-list.svelte';
import { placeAfterDrop } from '../../stores/item-order';
import type { ViewRow } from '../../sync/optimistic-view';
import { placeRow } from './place-row';

/** A pointer that moves less than this presses the handle, in pixels. */
const SLOP = 6;
/** How near to the edge of the list a row scrolls it, and at most how far in a frame, in pixels. */
const SCROLL_ZONE = 56;
const MAX_SCROLL = 14;

interface Box {
  top: number;
  bottom: number;
}

/** How far to scroll in this frame while a pointer is at `y`. Pure. */
export function scrollStep(y: number, { top, bottom }: Box): number {
  const below = y - (bottom - SCROLL_ZONE);
  const above = top + SCROLL_ZONE - y;
  if (above > 0) return -Math.ceil((Math.min(above, SCROLL_ZONE) / SCROLL_ZONE) * MAX_SCROLL);
  if (below > 0) return Math.ceil((Math.min(below, SCROLL_ZONE) / SCROLL_ZONE) * MAX_SCROLL);
  return 0;
}

/** The index of the row in front of which a pointer at `y` is, -1 behind the last one. Pure. */
export function indexAt(boxes: readonly Box[], y: number): number {
  return boxes.findIndex(({ top, bottom }) => y < (top + bottom) / 2);
}

interface DropTarget {
  key: string;
  before: string | null;
  /** The element that shows the place. */
  mark: HTMLElement;
}

/** Let a row follow the pointer that is on its handle, until it is dropped or Escape is pressed. */
export function dragRow(list: OpenList, row: ViewRow, start: PointerEvent): void {
  const handle = start.currentTarget as HTMLElement;
  const element = handle.closest<HTMLElement>('[data-item]');
  const aisles = handle.closest<HTMLElement>('[data-aisles]');
  const content = handle.closest<HTMLElement>('.content');
  if (!element || !aisles || !content || start.button !== 0) return;
  const listening = new AbortController();
  const grabbed = start.clientY - element.getBoundingClientRect().top;
  let y = start.clientY;
  let isDragging = false;
  let offset = 0;
  let target: DropTarget | null = null;

  function begin(): void {
    isDragging = true;
    // A long list keeps the row that has the focus.
    handle.focus({ preventScroll: true });
    list.hold(row);
    follow();
  }

  function follow(): void {
    if (!isDragging || !element || !content) return;
    const scroller = content.scrollHeight > content.clientHeight ? content : null;
    (scroller ?? document.documentElement).scrollBy(0, scrollStep(y, viewOf(content)));
    // Svelte owns the element, and may have made it anew.
    element.dataset['dragged'] = '';
    offset += y - grabbed - element.getBoundingClientRect().top;
    element.style.translate = `0 ${offset}px`;
    markTarget();
    requestAnimationFrame(follow);
  }

  function markTarget(): void {
    if (target) delete target.mark.dataset['drop'];
    target = aisles && element ? targetAt(aisles, element, y) : null;
    if (target) target.mark.dataset['drop'] = target.before === null ? 'after' : 'before';
  }

  function end(isDropped: boolean): void {
    listening.abort();
    if (!isDragging || !element) return;
    isDragging = false;
    if (target) delete target.mark.dataset['drop'];
    delete element.dataset['dragged'];
    element.style.translate = '';
    const placement =
      isDropped && target
        ? placeAfterDrop(list.aisles.sections, list.rows, row.item, target)
        : null;
    list.hold(null);
    if (placement) void placeRow(list, row.item, placement);
    // The press that ends the drag opens no menu.
    handle.addEventListener('click', stop, { capture: true, once: true });
    setTimeout(() => {
      handle.removeEventListener('click', stop, { capture: true });
    });
  }

  const options = { signal: listening.signal };
  handle.setPointerCapture(start.pointerId);
  handle.addEventListener(
    'pointermove',
    (event) => {
      y = event.clientY;
      if (!isDragging && Math.abs(y - start.clientY) > SLOP) begin();
    },
    options,
  );
  for (const kind of ['pointerup', 'pointercancel'] as const)
    handle.addEventListener(
      kind,
      () => {
        end(kind === 'pointerup');
      },
      options,
    );
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape') return;
      stop(event);
      end(false);
    },
    { ...options, capture: true },
  );
}

function stop(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}

function viewOf(content: HTMLElement): Box {
  const { top, bottom } = content.getBoundingClientRect();
  return { top: Math.max(0, top), bottom: Math.min(innerHeight, bottom) };
}

/** Where a row would be dropped at `y`. */
function targetAt(aisles: HTMLElement, dragged: HTMLElement, y: number): DropTarget | null {
  const sections = [...aisles.querySelectorAll<HTMLElement>('[data-aisle]')].sort(byTop);
  const section = sections.findLast((each) => each.getBoundingClientRect().top <= y) ?? sections[0];
  if (!section) return null;
  const key = section.dataset['aisle'] ?? '';
  const rows = [...section.querySelectorAll<HTMLElement>('[data-item]')]
    .filter((each) => each !== dragged)
    .sort(byTop);
  const next =
    rows[
      indexAt(
        rows.map((each) => each.getBoundingClientRect()),
        y,
      )
    ];
  if (next) return { key, before: next.dataset['item'] ?? null, mark: next };
  return { key, before: null, mark: rows.at(-1) ?? section };
}

function byTop(a: Element, b: Element): number {
  return a.getBoundingClientRect().top - b.getBoundingClientRect().top;
}
