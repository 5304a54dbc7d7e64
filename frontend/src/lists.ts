import { mount } from 'svelte';
import { Api } from './net/api';
import { realClock } from './net/clock';
import { http } from './net/http';
import { socketAddress, socketDial } from './net/socket';
import { onNetwork, onRestored, onWake } from './net/wake';
import { Announcer } from './stores/announcer.svelte';
import { Connection } from './stores/connection.svelte';
import { Lists } from './stores/lists.svelte';
import { Now } from './stores/now.svelte';
import { OpenList } from './stores/open-list.svelte';
import { Person } from './stores/person.svelte';
import { Route } from './stores/route.svelte';
import { takeSecret } from './stores/secret';
import { Toast } from './stores/toast.svelte';
import { Engine } from './sync/engine';
import { MemoryShelf } from './sync/shelf';
import './ui/base.css';
import App from './ui/lists/App.svelte';

const secret = takeSecret(location, history);

// The only file that knows all parts of the list app.
const engine = new Engine(socketDial(socketAddress(location)), http, realClock, new MemoryShelf());
const api = new Api(http);
const person = new Person(api, engine);
const announcer = new Announcer();
const connection = new Connection(engine, announcer);
const toast = new Toast();

// The next person at this browser is told nothing of the last one's.
engine.listen((news) => {
  if (!news.some(({ kind }) => kind === 'reset')) return;
  toast.dismiss();
  announcer.hush();
});

onRestored(() => {
  person.doubt();
});

onWake(() => {
  if (person.state === 'away') void person.ask();
  else engine.wake();
});

onNetwork((online) => {
  connection.network(online);
});

// Another link pasted into the same tab does not load the page by itself.
addEventListener('hashchange', () => {
  const other = takeSecret(location, history);
  if (other !== null && other !== secret) location.reload();
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
        person,
        connection,
        lists: new Lists(api, engine, () => person.me?.id ?? null),
        route: new Route(),
        announcer,
        toast,
        now: new Now(15_000),
        open: (id: string) => new OpenList(id, engine, () => person.me, announcer, toast),
        backstage: { api, engine, secret },
      },
    },
  });
}
