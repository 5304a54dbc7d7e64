import type { Api } from '../net/api';
import type { Engine } from '../sync/engine';
import type { Announcer } from './announcer.svelte';
import type { Connection } from './connection.svelte';
import type { Feed } from './feed.svelte';
import type { Lists } from './lists.svelte';
import type { Now } from './now.svelte';
import type { OpenList } from './open-list.svelte';
import type { Person } from './person.svelte';
import type { Route } from './route.svelte';
import type { Samples } from './samples.svelte';
import type { Toast } from './toast.svelte';

/** What stores are made of that are loaded when they are needed. Components only pass it on. */
export interface Backstage {
  api: Api;
  engine: Engine;
  /** The secret of the link by which this page was opened. */
  secret: string | null;
}

/** The stores of the list app, as its entry has put them together. */
export interface ListApp {
  person: Person;
  connection: Connection;
  lists: Lists;
  route: Route;
  announcer: Announcer;
  toast: Toast;
  now: Now;
  open(list: string): OpenList;
  backstage: Backstage;
}

/** The stores of the dashboard. */
export interface DashboardApp {
  person: Person;
  connection: Connection;
  lists: Lists;
  samples: Samples;
  feed: Feed;
  now: Now;
}
