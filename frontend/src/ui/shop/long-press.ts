/** How long a finger must stay, in milliseconds. */
const PRESS_TIME = 500;
/** How far it may move meanwhile, in pixels. */
const MAX_MOVE = 10;

/**
 * Call back when a finger or the mouse holds an element, or its menu is asked for by key.
 *
 * The click that ends the press has no effect.
 */
export function longPress(onPress: () => void): (element: HTMLElement) => () => void {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let start = { x: 0, y: 0 };
    let isPressed = false;

    function cancel(): void {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    }

    function press(): void {
      cancel();
      isPressed = true;
      onPress();
    }

    function onPointerDown({ clientX, clientY, isPrimary, button }: PointerEvent): void {
      isPressed = false;
      start = { x: clientX, y: clientY };
      if (isPrimary && button === 0) timer = setTimeout(press, PRESS_TIME);
    }

    function onPointerMove({ clientX, clientY }: PointerEvent): void {
      if (Math.hypot(clientX - start.x, clientY - start.y) > MAX_MOVE) cancel();
    }

    // Android asks for a menu at the end of a long press, and iOS does not.
    function onContextMenu(event: MouseEvent): void {
      event.preventDefault();
      if (!isPressed) press();
    }

    function onClick(event: MouseEvent): void {
      if (!isPressed) return;
      isPressed = false;
      event.preventDefault();
      event.stopPropagation();
    }

    const listeners = {
      pointerdown: onPointerDown,
      pointermove: onPointerMove,
      pointerup: cancel,
      pointercancel: cancel,
      contextmenu: onContextMenu,
    };
    const abort = new AbortController();
    const { signal } = abort;
    for (const [type, listener] of Object.entries(listeners))
      element.addEventListener(type, listener as EventListener, { signal });
    element.addEventListener('click', onClick, { capture: true, signal });
    return () => {
      cancel();
      abort.abort();
    };
  };
}
