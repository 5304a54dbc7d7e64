import { mount } from 'svelte';
import { Api } from './net/api';
import { realClock } from './net/clock';
import { http } from './net/http';
import { socketAddress, socketDial } from './net/socket';
import { onNetwork, onRestored, onWake } from './net/wake';
import { Connection } from './stores/connection.svelte';
import { Feed } from './stores/feed.svelte';
import { Lists } from './stores/lists.svelte';
import { Now } from './stores/now.svelte';
import { Person } from './stores/person.svelte';
import { Samples } from './stores/samples.svelte';
import { Engine } from './sync/engine';
import { MemoryShelf } from './sync/shelf';
import './ui/base.css';
import Dashboard from './ui/dashboard/Dashboard.svelte';

// The only file that knows all parts of the dashboard.
const engine = new Engine(socketDial(socketAddress(location)), http, realClock, new MemoryShelf());
const api = new Api(http);
const person = new Person(api, engine);
const connection = new Connection(engine);

onNetwork((online) => {
  connection.network(online);
});

onRestored(() => {
  person.doubt();
});

onWake(() => {
  if (person.state === 'away') void person.ask();
  else engine.wake();
});

const target = document.getElementById('app');
if (target) {
  mount(Dashboard, {
    target,
    props: {
      app: {
        person,
        connection,
        lists: new Lists(api, engine, () => person.me?.id ?? null),
        samples: new Samples(engine),
        feed: new Feed(api, engine),
        now: new Now(200),
      },
    },
  });
}
