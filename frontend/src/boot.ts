import { mount, type Component } from 'svelte';
import { Api } from './net/api';
import { onBackForwardCache, onOnlineChange, onResume } from './net/browser-events';
import { systemClock } from './net/clock';
import { http } from './net/http';
import { afterPaint } from './net/paint';
import { createSocketOpener, socketUrl } from './net/web-socket';
import type { Announcer } from './stores/announcer.svelte';
import { Connection } from './stores/connection.svelte';
import { CurrentUser } from './stores/current-user.svelte';
import { Engine } from './sync/engine';
import { MemoryOutboxStorage } from './sync/outbox-storage';

/** The parts that every page needs. */
export interface Core {
  api: Api;
  engine: Engine;
  user: CurrentUser;
  connection: Connection;
}

/** Create the parts that every page needs, and connect them to the browser's events. */
export function boot(announcer: Announcer | null = null): Core {
  const openSocket = createSocketOpener(socketUrl(location));
  const storage = new MemoryOutboxStorage();
  const engine = new Engine(openSocket, http, systemClock, storage, afterPaint);
  const api = new Api(http);
  const user = new CurrentUser(api, engine);
  const connection = new Connection(engine, announcer);

  onOnlineChange((isOnline) => {
    connection.setOnline(isOnline);
  });
  onBackForwardCache(() => {
    user.invalidate();
  });
  onResume(() => {
    if (user.state === 'unreachable') void user.refresh();
    else engine.resume();
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
