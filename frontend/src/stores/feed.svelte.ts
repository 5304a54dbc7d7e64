import type { ActivityEntry } from '../protocol/frames';
import { ACTIVITY_TOPIC } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import { summaryOfActivity, type ActivitySummary } from './activity-text';

export interface FeedEntry {
  key: string;
  at: string;
  listId: string;
  summary: ActivitySummary;
  /** Whether it happened while the page was open. */
  isLive: boolean;
}

const MAX_ENTRIES = 100;

/** The activity on the user's lists, newest first. The topic `activity` has all of it. */
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
    this.engine.watch(ACTIVITY_TOPIC);
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') this.#all = [];
    else if (event.kind === 'left') this.#dropList(event.list);
    else if (event.kind === 'activity') this.#add(event.entry);
    else if (event.kind === 'activities') this.#replace(event.entries);
  }

  #add(entry: ActivityEntry): void {
    const added = feedEntry(entry, true);
    const others = this.#all.filter(({ key }) => key !== added.key);
    this.#all = [added, ...others].slice(0, MAX_ENTRIES);
  }

  #replace(entries: readonly ActivityEntry[]): void {
    const live = new Set(this.#all.filter(({ isLive }) => isLive).map(({ key }) => key));
    this.#all = entries.map((entry) => feedEntry(entry, live.has(keyOf(entry))));
  }

  #dropList(id: string): void {
    this.#all = this.#all.filter(({ listId }) => listId !== id);
    // What the user may no longer see goes at once, also while the feed is paused.
    this.entries = this.entries.filter(({ listId }) => listId !== id);
  }

  #show(): void {
    if (!this.#isPaused || this.#all.length === 0) this.entries = this.#all;
    const shown = new Set(this.entries.map(({ key }) => key));
    this.pending = this.#all.filter(({ key }) => !shown.has(key));
  }
}

const keyOf = ({ list, epoch, version }: ActivityEntry): string => `${list} ${epoch} ${version}`;

function feedEntry(entry: ActivityEntry, isLive: boolean): FeedEntry {
  const { at, list: listId } = entry;
  return { key: keyOf(entry), at, listId, summary: summaryOfActivity(entry, ''), isLive };
}
