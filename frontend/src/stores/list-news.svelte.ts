import * as m from '#messages';
import type { ActivityEntry } from '../protocol/frames';
import { ACTIVITY_TOPIC } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import { activityText, summaryOfActivity } from './activity-text';
import type { ListOverview } from './lists.svelte';
import type { MissingLists } from './missing-lists.svelte';
import { noteVisit, visitOf } from './visits';

/** What the card of a list says beside its counts. */
export interface CardNews {
  /** "3 new", or empty. */
  count: string;
  /** The newest change, empty if it is not known, or that the list cannot be opened now. */
  sentence: string;
}

/** How many changes of a list are kept, to leave out those of the user. */
const MAX_ENTRIES = 50;

/** What is new on the lists of the overview, since the user's last visit to each. */
export class ListNews {
  #entries = $state.raw<ReadonlyMap<string, readonly ActivityEntry[]>>(new Map());
  /** Rises when the user has visited a list. */
  #visitCount = $state(0);

  constructor(
    private readonly engine: Engine,
    private readonly userId: () => number | null,
    /** The list that is open: the user sees what is new there. */
    private readonly openId: () => string | null,
    private readonly missing: MissingLists,
  ) {
    engine.subscribe((events) => {
      for (const event of events) this.#onEvent(event);
    });
  }

  /** Follow the changes of all lists until the returned function is called. */
  start(): () => void {
    this.engine.watch(ACTIVITY_TOPIC);
    return () => {
      this.engine.unwatch(ACTIVITY_TOPIC);
    };
  }

  of(list: ListOverview): CardNews {
    const count = this.#newCount(list);
    return { count: count > 0 ? m.lists_news({ count }) : '', sentence: this.#sentenceOf(list) };
  }

  #sentenceOf(list: ListOverview): string {
    if (this.missing.has(list.id)) return m.lists_missing();
    const [newest] = this.#entriesOf(list);
    return newest ? activityText(summaryOfActivity(newest, list.name)) : '';
  }

  /** The changes since the last visit, without those of the user, as far as they are known. */
  #newCount(list: ListOverview): number {
    if (list.id === this.openId()) return 0;
    const visit = this.#visitCount >= 0 ? visitOf(this.engine, list.id) : null;
    if (!visit || visit.epoch !== list.epoch) return 0;
    const own = this.#entriesOf(list).filter(
      ({ version, actor }) => version > visit.version && actor?.id === this.userId(),
    );
    return list.version - visit.version - own.length;
  }

  #entriesOf({ id, epoch }: ListOverview): readonly ActivityEntry[] {
    return (this.#entries.get(id) ?? []).filter((entry) => entry.epoch === epoch);
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'activities') {
      const entries = new Map<string, ActivityEntry[]>();
      for (const entry of event.entries)
        entries.set(entry.list, [...(entries.get(entry.list) ?? []), entry]);
      this.#entries = entries;
    } else if (event.kind === 'activity') {
      const { entry } = event;
      const others = this.#entries.get(entry.list) ?? [];
      const kept = others.filter(({ version }) => version !== entry.version);
      this.#entries = new Map(this.#entries).set(
        entry.list,
        [entry, ...kept].slice(0, MAX_ENTRIES),
      );
    } else if (event.kind === 'frame' && event.frame.type === 'visited') {
      noteVisit(this.engine, event.frame.list, event.frame);
      this.#visitCount += 1;
    } else if (event.kind === 'welcome') this.#visitCount += 1;
    else if (event.kind === 'reset') this.#entries = new Map();
  }
}
