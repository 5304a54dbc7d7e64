import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { longPress } from '../../src/ui/long-press';
import { addButton } from './render';

let button: HTMLButtonElement;
const onPress = vi.fn<(isTouched: boolean, target: Element) => void>();
const onClick = vi.fn<() => void>();

function listen(options: Parameters<typeof longPress>[1] = {}): void {
  button = addButton('Milk');
  onTestFinished(longPress(onPress, options)(button));
  button.addEventListener('click', onClick);
}

const point = (type: string, pointerType: string, clientX = 0): boolean =>
  button.dispatchEvent(
    new PointerEvent(type, { pointerType, clientX, isPrimary: true, bubbles: true, button: 0 }),
  );
const openMenu = (pointerType = ''): boolean =>
  button.dispatchEvent(
    new PointerEvent('contextmenu', { pointerType, cancelable: true, bubbles: true }),
  );

async function hold(): Promise<void> {
  point('pointerdown', 'touch');
  await vi.waitFor(() => {
    expect(onPress).toHaveBeenCalledExactlyOnceWith(true, button);
  });
}

beforeEach(() => {
  onPress.mockClear();
  onClick.mockClear();
});

describe('a long press', () => {
  it('SHP-3 has an effect, and the click at its end has none', async () => {
    listen();
    await hold();
    expect(openMenu('touch')).toBe(false);
    point('pointerup', 'touch');
    expect(openMenu('touch')).toBe(false);
    button.click();
    expect(onClick).not.toHaveBeenCalled();
    expect(onPress).toHaveBeenCalledTimes(1);
    point('pointerdown', 'touch');
    point('pointerup', 'touch');
    button.click();
    expect(onClick).toHaveBeenCalledTimes(1);
  });

  it('SHP-3 is also the key of the menu, and the next click has its effect', () => {
    listen();
    expect(openMenu()).toBe(false);
    button.click();
    openMenu();
    openMenu('mouse');
    expect(onPress.mock.calls).toEqual([
      [false, button],
      [false, button],
      [false, button],
    ]);
    expect(onClick).toHaveBeenCalledTimes(1);
  });

  it('AIS-7 leaves the menu to the browser, and other parts alone, where it is told to', async () => {
    listen({ isMenuToo: false, isWanted: (target) => target.textContent !== 'Bread' });
    expect(openMenu()).toBe(true);
    await hold();
    point('pointerup', 'touch');
    button.textContent = 'Bread';
    point('pointerdown', 'touch');
    expect(openMenu('touch')).toBe(true);
    expect(onPress).toHaveBeenCalledTimes(1);
  });

  it('SHP-3 is not a finger that moves', () => {
    vi.useFakeTimers();
    listen();
    point('pointerdown', 'touch');
    point('pointermove', 'touch', 11);
    vi.advanceTimersByTime(1000);
    expect(onPress).not.toHaveBeenCalled();
    point('pointerdown', 'touch');
    point('pointermove', 'touch', 9);
    vi.advanceTimersByTime(1000);
    expect(onPress).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });
});
