/** How long a pointer rests, in milliseconds, and how far it may move, in pixels. */
const PRESS_TIME = 500;
const SLOP = 10;

/**
 * Call back when a finger rests on an element, or its menu is asked for; with `isMouseToo`, also
 * when a button of the mouse is held. The click that ends the press has no effect.
 */
export function longPress(
  onPress: (isTouched: boolean) => void,
  { isMouseToo = false } = {},
): (element: HTMLElement) => () => void {
  return (element) => {
    const listening = new AbortController();
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

    function onPointerDown({
      clientX,
      clientY,
      pointerType,
      isPrimary,
      button,
    }: PointerEvent): void {
      cancel();
      isPressed = false;
      isTouched = pointerType !== 'mouse';
      if (!isPrimary || button !== 0 || (!isTouched && !isMouseToo)) return;
      start = { x: clientX, y: clientY };
      timer = setTimeout(press, PRESS_TIME);
    }

    function onPointerMove({ clientX, clientY }: PointerEvent): void {
      if (start && Math.hypot(clientX - start.x, clientY - start.y) > SLOP) cancel();
    }

    // Android asks for a menu at the end of a long press, and Safari on iOS does not.
    function onContextMenu(event: MouseEvent): void {
      event.preventDefault();
      press();
    }

    function onClick(event: MouseEvent): void {
      if (isPressed) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      isPressed = false;
    }

    const listeners = {
      pointerdown: onPointerDown,
      pointermove: onPointerMove,
      pointerup: cancel,
      pointercancel: cancel,
      pointerleave: cancel,
      contextmenu: onContextMenu,
    };
    const { signal } = listening;
    for (const [type, listener] of Object.entries(listeners))
      element.addEventListener(type, listener as EventListener, { signal });
    element.addEventListener('click', onClick, { signal, capture: true });
    return () => {
      cancel();
      listening.abort();
    };
  };
}
