/** How long a finger rests, in milliseconds, and how far it may move, in pixels. */
const PRESS_TIME = 500;
const SLOP = 10;

/**
 * Call back when a finger rests on an element, or the context menu of the element is asked for.
 * The click at the end of a long press is not passed on.
 */
export function listenForLongPress(
  element: HTMLElement,
  onPress: (isTouched: boolean) => void,
): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let start: { x: number; y: number } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isPressed = false;
  let isTouched = false;

  function cancel(): void {
    clearTimeout(timer);
    start = null;
  }

  function press(): void {
    cancel();
    if (isPressed) return;
    isPressed = true;
    onPress(isTouched);
  }

  element.addEventListener(
    'pointerdown',
    ({ clientX: x, clientY: y, pointerType }) => {
      isPressed = false;
      isTouched = pointerType !== 'mouse';
      if (!isTouched) return;
      start = { x, y };
      timer = setTimeout(press, PRESS_TIME);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    ({ clientX, clientY }) => {
      if (start && Math.hypot(clientX - start.x, clientY - start.y) > SLOP) cancel();
    },
    { signal },
  );
  for (const type of ['pointerup', 'pointercancel', 'pointerleave'])
    element.addEventListener(type, cancel, { signal });
  // Safari on iOS has no such event, other browsers send it after a long press too.
  element.addEventListener(
    'contextmenu',
    (event) => {
      event.preventDefault();
      press();
    },
    { signal },
  );
  element.addEventListener(
    'click',
    (event) => {
      if (isPressed) event.stopImmediatePropagation();
      isPressed = false;
    },
    { signal, capture: true },
  );
  return () => {
    cancel();
    listening.abort();
  };
}
