import type { ActivityEntry, NewestActivities } from '../protocol/frames';
import { NEWEST_ACTIVITY_TOPIC } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import { summaryOfActivity, type ActivitySummary } from './activity-text';

export interface FeedEntry {
  key: string;
  at: string;
  listId: string;
  summary: ActivitySummary;
  /** Whether it happened while the page was open. */
  isLive: boolean;
  /** Changes just before it that the server did not send, because there were too many at once. */
  more: readonly Skipped[];
}

/** The number of changes of a list that are not in the feed. */
export interface Skipped {
  listId: string;
  count: number;
}

const MAX_ENTRIES = 100;

/** The activity on the user's lists, newest first. Of many changes at once it has the newest. */
export class Feed {
  entries = $state.raw<readonly FeedEntry[]>([]);
  /** Entries that arrived while the feed was paused. */
  pending = $state.raw<readonly FeedEntry[]>([]);
  #isPaused = $state(false);
  #all: readonly FeedEntry[] = [];

  constructor(private readonly engine: Engine) {
    engine.subscribe((events) => {
      const before = this.#all;
      for (const event of events) this.#onEvent(event);
      if (this.#all !== before) this.#show();
    });
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Pause the feed, or continue it and show the pending entries. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#show();
  }

  start(): void {
    this.engine.watch(NEWEST_ACTIVITY_TOPIC);
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') this.#all = [];
    else if (event.kind === 'left') this.#dropList(event.list);
    else if (event.kind === 'frame' && event.frame.type === 'newest') this.#add(event.frame);
    else if (event.kind === 'activities') this.#replace(event.entries);
  }

  #add({ entries, more }: NewestActivities): void {
    const skipped = Object.entries(more).map(([listId, count]) => ({ listId, count }));
    const added = entries.map((entry, index) =>
      feedEntry(entry, true, index === entries.length - 1 ? skipped : []),
    );
    const keys = new Set(added.map(({ key }) => key));
    const others = this.#all.filter(({ key }) => !keys.has(key));
    this.#all = [...added, ...others].slice(0, MAX_ENTRIES);
  }

  #replace(entries: readonly ActivityEntry[]): void {
    const live = new Set(this.#all.filter(({ isLive }) => isLive).map(({ key }) => key));
    this.#all = entries.map((entry) => feedEntry(entry, live.has(keyOf(entry)), []));
  }

  #dropList(id: string): void {
    this.#all = withoutList(this.#all, id);
    // What the user may no longer see goes at once, also while the feed is paused.
    this.entries = withoutList(this.entries, id);
  }

  #show(): void {
    if (!this.#isPaused || this.#all.length === 0) this.entries = this.#all;
    const shown = new Set(this.entries.map(({ key }) => key));
    this.pending = this.#all.filter(({ key }) => !shown.has(key));
  }
}

const keyOf = ({ list, epoch, version }: ActivityEntry): string => `${list} ${epoch} ${version}`;

function feedEntry(entry: ActivityEntry, isLive: boolean, more: readonly Skipped[]): FeedEntry {
  const { at, list: listId } = entry;
  return { key: keyOf(entry), at, listId, summary: summaryOfActivity(entry, ''), isLive, more };
}

function withoutList(entries: readonly FeedEntry[], id: string): FeedEntry[] {
  return entries
    .filter(({ listId }) => listId !== id)
    .map((entry) => ({ ...entry, more: entry.more.filter(({ listId }) => listId !== id) }));
}
