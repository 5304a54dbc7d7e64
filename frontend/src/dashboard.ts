import { mount } from 'svelte';
import { Api } from './net/api';
import { systemClock } from './net/clock';
import { http } from './net/http';
import { socketUrl, createSocketOpener } from './net/web-socket';
import { onOnlineChange, onBackForwardCache, onResume } from './net/browser-events';
import { Connection } from './stores/connection.svelte';
import { Feed } from './stores/feed.svelte';
import { Lists } from './stores/lists.svelte';
import { CurrentTime } from './stores/current-time.svelte';
import { CurrentUser } from './stores/current-user.svelte';
import { Samples } from './stores/samples.svelte';
import { Engine } from './sync/engine';
import { MemoryOutboxStorage } from './sync/outbox-storage';
import './ui/base.css';
import Dashboard from './ui/dashboard/Dashboard.svelte';

// The only file that knows all parts of the dashboard.
const engine = new Engine(
  createSocketOpener(socketUrl(location)),
  http,
  systemClock,
  new MemoryOutboxStorage(),
);
const api = new Api(http);
const user = new CurrentUser(api, engine);
const connection = new Connection(engine);

onOnlineChange((online) => {
  connection.setOnline(online);
});

onBackForwardCache(() => {
  user.invalidate();
});

onResume(() => {
  if (user.state === 'unreachable') void user.refresh();
  else engine.resume();
});

const target = document.getElementById('app');
if (target) {
  mount(Dashboard, {
    target,
    props: {
      app: {
        user,
        connection,
        lists: new Lists(api, engine, () => user.profile?.id ?? null),
        samples: new Samples(engine),
        feed: new Feed(api, engine),
        currentTime: new CurrentTime(200),
      },
    },
  });
}
