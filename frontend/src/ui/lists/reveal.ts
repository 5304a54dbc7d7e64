import type { FindRow, RowBox } from './row-box';

/** The room at the bottom for the message over the bar, in pixels. */
const MESSAGE_HEIGHT = 60;
const MARGIN = 8;
/** A long list measures rows when they come into sight, so the place of a row is corrected. */
const MAX_FRAMES = 120;

/**
 * How far to scroll so that a row is in sight, in pixels. 0: it is. Pure.
 * `scrolled`: how far the rows are scrolled. The first row may be nearer to the top than the margin.
 */
export function distanceTo(row: RowBox, view: RowBox, scrolled: number): number {
  if (row.top < view.top) return -Math.min(view.top - row.top, scrolled);
  // The top of a row that is higher than the view matters more.
  return Math.max(0, Math.min(row.bottom - view.bottom, row.top - view.top));
}

/** The element that scrolls the rows. On a low screen the whole page scrolls (Page.svelte). */
function scrollerOf(content: HTMLElement): HTMLElement {
  const isPageScrolled = getComputedStyle(content).overflowY === 'visible';
  return isPageScrolled ? document.documentElement : content;
}

/** The part of the window that shows rows. */
export function viewOf(content: HTMLElement): RowBox {
  const isPageScrolled = scrollerOf(content) !== content;
  const { top, bottom } = content.getBoundingClientRect();
  const view = isPageScrolled ? { top: 0, bottom: innerHeight } : { top, bottom };
  // The head of an aisle stays at the top, over the rows.
  const headHeight = content.querySelector<HTMLElement>('[data-aisle] h2')?.offsetHeight ?? 0;
  const coveredHeight = content.parentElement?.querySelector('.suggestions')?.clientHeight ?? 0;
  return {
    top: view.top + headHeight + MARGIN,
    bottom: view.bottom - MESSAGE_HEIGHT - coveredHeight,
  };
}

const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      resolve();
    });
  });

/** Scroll until a row is in sight. Resolves when it is, or when no such row comes. */
export async function reveal(content: HTMLElement, findRow: FindRow, id: string): Promise<void> {
  let stillFrames = 0;
  for (let frame = 0; frame < MAX_FRAMES && stillFrames < 3; frame += 1) {
    const row = findRow(id);
    const scroller = scrollerOf(content);
    const distance = row ? Math.round(distanceTo(row, viewOf(content), scroller.scrollTop)) : 0;
    stillFrames = row && distance === 0 ? stillFrames + 1 : 0;
    if (distance !== 0) scroller.scrollBy({ top: distance, behavior: 'instant' });
    await nextFrame();
  }
}
