import { boot, mountPage } from './boot';
import { ChartView } from './stores/chart-view.svelte';
import { CurrentTime } from './stores/current-time.svelte';
import { Feed } from './stores/feed.svelte';
import { Lists } from './stores/lists.svelte';
import { Pause } from './stores/pause.svelte';
import { People } from './stores/people.svelte';
import { RequestWindow } from './stores/request-window.svelte';
import { Samples } from './stores/samples.svelte';
import { Section } from './stores/section.svelte';
import { Signals } from './stores/signals.svelte';
import { TimeWindow } from './stores/time-window.svelte';
import { Verdict } from './stores/verdict.svelte';
import './ui/base.css';
import Dashboard from './ui/dashboard/Dashboard.svelte';

const { api, engine, user, connection } = boot();
const pause = new Pause();
const charts = new ChartView();

mountPage(Dashboard, {
  app: {
    user,
    connection,
    lists: new Lists(api, engine, () => user.profile),
    samples: new Samples(engine, pause),
    signals: new Signals(engine, pause),
    verdict: new Verdict(engine),
    people: new People(engine, pause),
    pause,
    charts,
    window: new TimeWindow(charts),
    requestWindow: new RequestWindow(engine, pause),
    section: new Section(() => user.profile?.is_staff === true),
    feed: new Feed(engine),
    currentTime: new CurrentTime(200),
    isDemo: document.getElementById('app')?.dataset.demo !== undefined,
    engine,
  },
});
