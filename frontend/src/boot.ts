import { mount, type Component } from 'svelte';
import { CoreApi } from './net/core-api';
import { MAX_DELAY, MAX_VISIBLE_DELAY } from './net/backoff';
import { onBackForwardCache, onHide, onOnlineChange, onResume } from './net/browser-events';
import { systemClock } from './net/clock';
import { http } from './net/http';
import { afterPaint } from './net/paint';
import { createSocketOpener, socketUrl } from './net/web-socket';
import type { Announcer } from './stores/announcer.svelte';
import { Connection } from './stores/connection.svelte';
import { CurrentUser } from './stores/current-user.svelte';
import { Engine } from './sync/engine';
import type { BrowserStorage } from './sync/storage';

/** The parts that every page needs. */
export interface Core {
  api: CoreApi;
  engine: Engine;
  user: CurrentUser;
  connection: Connection;
}

/**
 * Create the parts that every page needs, and connect them to the browser's events.
 *
 * `storage` resolves to what this browser stores, null for a page that stores nothing.
 */
export function boot(
  announcer: Announcer | null = null,
  storage: Promise<BrowserStorage | null> = Promise.resolve(null),
): Core {
  const openSocket = createSocketOpener(socketUrl(location));
  const maxDelay = (): number => (document.hidden ? MAX_DELAY : MAX_VISIBLE_DELAY);
  const engine = new Engine(openSocket, http, systemClock, afterPaint, maxDelay);
  const api = new CoreApi(http);
  const isSessionMissing = async (): Promise<boolean> =>
    (await import('./net/session-hint')).isSessionMissing();
  const user = new CurrentUser(api, engine, storage, isSessionMissing);
  const connection = new Connection(engine, announcer);

  onOnlineChange((isOnline) => {
    connection.setOnline(isOnline);
  });
  onBackForwardCache(() => {
    user.invalidate();
  });
  onResume(() => {
    if (!user.isConfirmed) void user.refresh();
    engine.resume();
  });
  onHide(() => {
    engine.flushStorage();
  });
  return { api, engine, user, connection };
}

/** Show the page's root component in the element that the server's HTML has for it. */
export function mountPage<Props extends Record<string, unknown>>(
  page: Component<Props>,
  props: Props,
): void {
  const target = document.getElementById('app');
  if (target) mount(page, { target, props });
}
