import type { Engine } from '../sync/engine';
import type { AppUpdate } from './app-update.svelte';
import type { InstallPrompt } from './install-prompt.svelte';
import type { SharedText } from './shared-text';
import type { Announcer } from './announcer.svelte';
import type { Connection } from './connection.svelte';
import type { Feed } from './feed.svelte';
import type { Lists } from './lists.svelte';
import type { CurrentTime } from './current-time.svelte';
import type { CurrentUser } from './current-user.svelte';
import type { ChartView } from './chart-view.svelte';
import type { OpenListPage } from './open-list-page';
import type { Overlay } from './overlay.svelte';
import type { Pause } from './pause.svelte';
import type { People } from './people.svelte';
import type { RequestWindow } from './request-window.svelte';
import type { Route } from './route.svelte';
import type { Samples } from './samples.svelte';
import type { Section } from './section.svelte';
import type { Signals } from './signals.svelte';
import type { TimeWindow } from './time-window.svelte';
import type { Toast } from './toast.svelte';
import type { Verdict } from './verdict.svelte';

/** The dependencies of stores that are loaded on demand. Components only pass them on. */
export interface StoreDependencies {
  engine: Engine;
  /** The secret of the link that opened this page. */
  linkSecret: string | null;
}

/** The stores of the list app, as its entry creates them. */
export interface ListApp {
  user: CurrentUser;
  connection: Connection;
  lists: Lists;
  route: Route;
  announcer: Announcer;
  toast: Toast;
  currentTime: CurrentTime;
  /** A text from another app, which a list takes when it is opened. */
  sharedText: SharedText;
  openListPage: OpenListPage;
  overlay: Overlay;
  installPrompt: InstallPrompt;
  /** Null until it is loaded. */
  update: { current: AppUpdate | null };
  dependencies: StoreDependencies;
}

/** The stores of the dashboard. */
export interface DashboardApp {
  user: CurrentUser;
  connection: Connection;
  lists: Lists;
  samples: Samples;
  signals: Signals;
  feed: Feed;
  verdict: Verdict;
  people: People;
  pause: Pause;
  charts: ChartView;
  /** The window that the charts show. */
  window: TimeWindow;
  /** The request counters of this window. */
  requestWindow: RequestWindow;
  section: Section;
  currentTime: CurrentTime;
  /** Whether a demo serves the page: its owner can cause faults. */
  isDemo: boolean;
  /** For the stores of sections that are loaded on demand. */
  engine: Engine;
}
