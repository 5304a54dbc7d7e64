import type { Route } from '../stores/route.svelte';

/** Follow a link inside the app. Links in new tabs or windows are left to the browser. */
export function followLink(
  event: MouseEvent & { currentTarget: HTMLAnchorElement },
  route: Route,
): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  route.navigate(event.currentTarget.pathname);
}
