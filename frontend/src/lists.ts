import { mount } from 'svelte';
import { Api } from './net/api';
import { systemClock } from './net/clock';
import { http } from './net/http';
import { socketUrl, createSocketOpener } from './net/web-socket';
import { onOnlineChange, onBackForwardCache, onResume } from './net/browser-events';
import { Announcer } from './stores/announcer.svelte';
import { Connection } from './stores/connection.svelte';
import { Lists } from './stores/lists.svelte';
import { CurrentTime } from './stores/current-time.svelte';
import { OpenList } from './stores/open-list.svelte';
import { CurrentUser } from './stores/current-user.svelte';
import { Route } from './stores/route.svelte';
import { takeLinkSecret } from './stores/link-secret';
import { Toast } from './stores/toast.svelte';
import { Engine } from './sync/engine';
import { MemoryOutboxStorage } from './sync/outbox-storage';
import './ui/base.css';
import App from './ui/lists/App.svelte';

const linkSecret = takeLinkSecret(location, history);

// The only file that knows all parts of the list app.
const engine = new Engine(
  createSocketOpener(socketUrl(location)),
  http,
  systemClock,
  new MemoryOutboxStorage(),
);
const api = new Api(http);
const user = new CurrentUser(api, engine);
const announcer = new Announcer();
const connection = new Connection(engine, announcer);
const toast = new Toast();

// The next person at this browser is told nothing of the last one's.
engine.subscribe((news) => {
  if (!news.some(({ kind }) => kind === 'reset')) return;
  toast.dismiss();
  announcer.clear();
});

onBackForwardCache(() => {
  user.invalidate();
});

onResume(() => {
  if (user.state === 'unreachable') void user.refresh();
  else engine.resume();
});

onOnlineChange((online) => {
  connection.setOnline(online);
});

// Another link pasted into the same tab does not load the page by itself.
addEventListener('hashchange', () => {
  const other = takeLinkSecret(location, history);
  if (other !== null && other !== linkSecret) location.reload();
});

// The outbox lives in memory: leaving now would lose what has not been sent.
addEventListener('beforeunload', (event) => {
  if (connection.waiting.length > 0) event.preventDefault();
});

const target = document.getElementById('app');
if (target) {
  mount(App, {
    target,
    props: {
      app: {
        user,
        connection,
        lists: new Lists(api, engine, () => user.profile?.id ?? null),
        route: new Route(),
        announcer,
        toast,
        currentTime: new CurrentTime(15_000),
        openList: (id: string) => new OpenList(id, engine, () => user.profile, announcer, toast),
        dependencies: { api, engine, linkSecret },
      },
    },
  });
}
