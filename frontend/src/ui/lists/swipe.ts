/** How far a row moves to the left to show "Remove", in pixels. ItemLine.svelte has it too. */
const WIDTH = 104;
/** A finger that moves less than this is a tap, in pixels. */
const SLOP = 10;

/** How far a row follows a finger that moved by `x` and `y`, null if it scrolls. Pure. */
export function offsetOf(x: number, y: number): number | null {
  if (-x < SLOP || Math.abs(y) > -x) return null;
  return Math.max(x, -WIDTH);
}

/** Whether a row that was moved so far stays open. Pure. */
export function isOpened(offset: number): boolean {
  return offset < -WIDTH / 2;
}

/** Let rows be swiped to the left by touch, which shows their word "Remove". */
export function listenForSwipes(rows: HTMLElement): () => void {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  let start: { x: number; y: number; line: HTMLElement } | null = null;
  let opened: HTMLElement | null = null;

  function close(line: HTMLElement | null): void {
    if (!line) return;
    delete line.dataset['swiped'];
    line.style.translate = '';
    if (opened === line) opened = null;
  }

  function begin(event: PointerEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const line = target?.closest<HTMLElement>('.line') ?? null;
    if (target?.closest('.remove')) return;
    close(opened);
    if (event.pointerType !== 'touch' || !line?.querySelector('.remove')) return;
    start = { x: event.clientX, y: event.clientY, line };
  }

  function move(event: PointerEvent): void {
    if (!start) return;
    const offset = offsetOf(event.clientX - start.x, event.clientY - start.y);
    if (offset === null) return;
    start.line.dataset['swiped'] = '';
    start.line.style.translate = `${offset}px`;
  }

  function end(event: PointerEvent): void {
    if (!start) return;
    const { line, x, y } = start;
    start = null;
    const offset = offsetOf(event.clientX - x, event.clientY - y);
    close(line);
    if (event.type === 'pointercancel' || offset === null || !isOpened(offset)) return;
    line.dataset['swiped'] = '';
    opened = line;
  }

  rows.addEventListener('pointerdown', begin, options);
  rows.addEventListener('pointermove', move, options);
  rows.addEventListener('pointerup', end, options);
  rows.addEventListener('pointercancel', end, options);
  return () => {
    listening.abort();
  };
}
