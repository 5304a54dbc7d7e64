import { flushSync, mount, unmount, type Component } from 'svelte';
import { onTestFinished } from 'vitest';
import '../../src/ui/base.css';

/** Mount a component in an element of its own, until the test ends. */
export function render<Props extends Record<string, unknown>>(
  component: Component<Props>,
  props: Props,
): HTMLElement {
  const target = document.createElement('main');
  // Some components show something above themselves.
  target.style.cssText = 'position: relative; margin-top: 120px';
  document.body.append(target);
  const mounted = mount(component, { target, props });
  onTestFinished(async () => {
    await unmount(mounted);
    target.remove();
  });
  flushSync();
  return target;
}

/** A button outside of what a test renders. */
export function addButton(text: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.textContent = text;
  document.body.prepend(button);
  onTestFinished(() => {
    button.remove();
  });
  return button;
}
