/** How long a pointer rests, in milliseconds, and how far it may move, in pixels. */
const PRESS_TIME = 500;
const SLOP = 10;

interface LongPressOptions {
  /** Whether a button of the mouse that is held counts too. */
  isMouseToo?: boolean;
  /** Whether the menu of the element counts too, by its key or by the mouse. */
  isMenuToo?: boolean;
  /** Whether a press on this part of the element counts. */
  isWanted?: (target: Element) => boolean;
}

/** Stop the click that comes before the next press or key, if one comes. */
function ignoreClick(): void {
  const waiting = new AbortController();
  for (const type of ['click', 'pointerdown', 'keydown'])
    addEventListener(
      type,
      (event) => {
        waiting.abort();
        if (type !== 'click') return;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { signal: waiting.signal, capture: true },
    );
}

/**
 * Call back when a finger rests on an element, or its menu is asked for. The click that ends the
 * press has no effect, also on another element that has come under the finger.
 */
export function longPress(
  onPress: (isTouched: boolean, target: Element) => void,
  { isMouseToo = false, isMenuToo = true, isWanted = () => true }: LongPressOptions = {},
): (element: HTMLElement) => () => void {
  return (element) => {
    const listening = new AbortController();
    let start: { x: number; y: number } | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** The part on which the pointer went down that is still down. */
    let held: Element | null = null;
    let isPressed = false;

    function cancel(): void {
      clearTimeout(timer);
      start = null;
    }

    function release(): void {
      cancel();
      held = null;
    }

    function press(isTouched: boolean): void {
      cancel();
      if (isPressed || !held) return;
      isPressed = true;
      ignoreClick();
      onPress(isTouched, held);
    }

    function targetOf({ target }: Event): Element | null {
      return target instanceof Element && isWanted(target) ? target : null;
    }

    function onPointerDown(event: PointerEvent): void {
      release();
      isPressed = false;
      const isTouched = event.pointerType !== 'mouse';
      if (!event.isPrimary || event.button !== 0 || (!isTouched && !isMouseToo)) return;
      held = targetOf(event);
      start = { x: event.clientX, y: event.clientY };
      timer = setTimeout(press, PRESS_TIME, isTouched);
    }

    function onPointerMove({ clientX, clientY }: PointerEvent): void {
      if (start && Math.hypot(clientX - start.x, clientY - start.y) > SLOP) cancel();
    }

    // Android asks for a menu at the end of a long press, Windows after it, and Safari on iOS never.
    function onContextMenu(event: MouseEvent & Partial<PointerEvent>): void {
      const isOfPress = held !== null || (isPressed && event.pointerType === 'touch');
      if (isOfPress) {
        event.preventDefault();
        press(true);
        return;
      }
      const target = isMenuToo ? targetOf(event) : null;
      if (!target) return;
      event.preventDefault();
      // No click follows the key of the menu and the right button.
      onPress(false, target);
    }

    const { signal } = listening;
    const listeners = {
      pointerdown: onPointerDown,
      pointermove: onPointerMove,
      pointerup: release,
      pointercancel: release,
      contextmenu: onContextMenu,
    };
    // Before the parts of the element, which may use these events themselves.
    for (const [type, listener] of Object.entries(listeners))
      element.addEventListener(type, listener as EventListener, { signal, capture: true });
    // It comes for each part that the pointer leaves, if it is captured.
    element.addEventListener('pointerleave', release, { signal });
    return () => {
      release();
      listening.abort();
    };
  };
}
