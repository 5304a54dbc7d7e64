import type { AppUpdate } from './app-update.svelte';

/** The service worker of the app. It is loaded after the page, so it is null at first. */
export class LoadedUpdate {
  current = $state.raw<AppUpdate | null>(null);
}
