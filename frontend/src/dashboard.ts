import { boot, mountPage } from './boot';
import { CurrentTime } from './stores/current-time.svelte';
import { Feed } from './stores/feed.svelte';
import { Lists } from './stores/lists.svelte';
import { Samples } from './stores/samples.svelte';
import { Section } from './stores/section.svelte';
import { Signals } from './stores/signals.svelte';
import './ui/base.css';
import Dashboard from './ui/dashboard/Dashboard.svelte';

const { api, engine, user, connection } = boot();

mountPage(Dashboard, {
  app: {
    user,
    connection,
    lists: new Lists(api, engine, () => user.profile?.id ?? null),
    samples: new Samples(engine),
    signals: new Signals(engine),
    section: new Section(),
    feed: new Feed(engine),
    currentTime: new CurrentTime(200),
  },
});
