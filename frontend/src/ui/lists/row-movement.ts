const DURATION = 150;
const TO_CART_DURATION = 300;
/** More rows at once are no movement that an eye can follow. */
const MAX_ROWS = 30;

type Offsets = Map<string, number>;

/** Scrolling adds and removes rows of a long list, which is no movement. */
const LISTS = '[role="list"]:not([data-long] *), [data-aisles]';

function idOf(row: Element): string {
  const { item, aisle } = (row as HTMLElement).dataset;
  return item ?? `aisle ${aisle ?? ''}`;
}

/** The rows of a list, or its aisles, if all of them are in the page. A long list has none. */
function rowsOf(list: Element): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>(':scope > :is([data-item], [data-aisle])')];
}

function offsetsOf(list: Element): Offsets {
  return new Map(rowsOf(list).map((row) => [idOf(row), row.offsetTop]));
}

/**
 * Let rows slide to their new places, appear and disappear softly, and go to the cart.
 *
 * `animate:flip` of Svelte would be part of what every page loads, and this is loaded later.
 */
export function moveRows(content: HTMLElement): () => void {
  const known = new Map<Element, Offsets>();
  const motion = matchMedia('(prefers-reduced-motion: reduce)');
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) known.set(target, offsetsOf(target));
  });
  const changes = new MutationObserver((records) => {
    const targets = new Set(records.map(({ target }) => target as Element));
    const aisles = [...targets].flatMap((target) => target.closest('[data-aisles]') ?? []);
    for (const list of new Set([...targets, ...aisles])) {
      if (list.matches(LISTS))
        moveRowsOf(
          list,
          records.filter(({ target }) => target === list),
        );
    }
    watchLists();
  });

  function watchLists(): void {
    for (const list of known.keys()) if (!list.isConnected) known.delete(list);
    for (const list of content.querySelectorAll(LISTS)) {
      if (known.has(list)) continue;
      known.set(list, offsetsOf(list));
      sizes.observe(list);
    }
  }

  function moveRowsOf(list: Element, records: readonly MutationRecord[]): void {
    const before = known.get(list) ?? new Map<string, number>();
    const after = offsetsOf(list);
    known.set(list, after);
    const isSmall = Math.abs(after.size - before.size) <= MAX_ROWS;
    if (motion.matches || !isSmall || before.size === 0) return;
    for (const row of rowsOf(list)) {
      const top = before.get(idOf(row));
      if (top === undefined) row.animate([{ opacity: 0 }, {}], DURATION);
      else if (top !== row.offsetTop)
        row.animate([{ translate: `0 ${top - row.offsetTop}px` }, {}], DURATION);
    }
    const removed = records.flatMap(({ removedNodes }) => [...removedNodes]);
    for (const node of removed) {
      if (!(node instanceof HTMLElement) || after.has(idOf(node))) continue;
      const top = before.get(idOf(node));
      if (top !== undefined) leave(list, node, top);
    }
  }

  /** Show a row that was removed a little longer, on its way to the cart if it is there now. */
  function leave(list: Element, row: HTMLElement, top: number): void {
    const box = list.getBoundingClientRect();
    const cart = content.querySelector('details');
    const isInCart = cart?.querySelector(`[data-item="${CSS.escape(idOf(row))}"]`);
    const isToCart = isInCart && !cart?.contains(list);
    const from = { left: box.left, top: box.top + top };
    const distance = isToCart && cart ? cart.getBoundingClientRect().top - from.top : 0;
    row.removeAttribute('data-item');
    row.removeAttribute('role');
    row.inert = true;
    row.ariaHidden = 'true';
    Object.assign(row.style, {
      position: 'fixed',
      zIndex: '1',
      left: `${from.left}px`,
      top: `${from.top}px`,
      width: `${box.width}px`,
      pointerEvents: 'none',
    });
    document.body.append(row);
    const end = { opacity: 0, translate: `0 ${distance}px` };
    const duration = isToCart ? TO_CART_DURATION : DURATION;
    const remove = (): void => {
      row.remove();
    };
    row.animate([{}, end], { duration, easing: 'ease-in' }).finished.then(remove, remove);
  }

  watchLists();
  changes.observe(content, { childList: true, subtree: true });
  return () => {
    changes.disconnect();
    sizes.disconnect();
  };
}
