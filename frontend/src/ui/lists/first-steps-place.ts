import { mount, unmount } from 'svelte';
import type { ListApp } from '../../stores/app';
import type { FirstSteps } from '../../stores/first-steps.svelte';

/** Resolves to the first element that matches, when there is one. Null: it is not wanted any more. */
function whenThere(selector: string, signal: AbortSignal): Promise<Element | null> {
  return new Promise((resolve) => {
    const search = (): void => {
      const element = document.querySelector(selector);
      if (!element && !signal.aborted) return;
      waiting.disconnect();
      resolve(signal.aborted ? null : element);
    };
    const waiting = new MutationObserver(search);
    waiting.observe(document.body, { childList: true, subtree: true });
    signal.addEventListener('abort', search);
    search();
  });
}

/**
 * Show the first steps at the top of a page, which knows nothing of them, so that no other user
 * loads them. Returns a function that removes them.
 */
export function showFirstSteps(
  selector: string,
  props: { app: ListApp; steps: FirstSteps },
): () => void {
  const ending = new AbortController();
  async function show(): Promise<void> {
    const [target, { default: Steps }] = await Promise.all([
      whenThere(selector, ending.signal),
      import('./FirstSteps.svelte'),
    ]);
    if (!target || ending.signal.aborted) return;
    const anchor = target.querySelector(':scope > h1')?.nextSibling ?? target.firstChild;
    const steps = mount(Steps, { target, ...(anchor ? { anchor } : {}), props });
    ending.signal.addEventListener('abort', () => void unmount(steps));
  }
  show().catch(() => null);
  return () => {
    ending.abort();
  };
}
