import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import { listIdOf, listTopic } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import type { Replica } from '../sync/replica';
import { summaryOfActivity, summaryOfChange, type ActivitySummary } from './activity-text';

export interface FeedEntry {
  key: string;
  at: string;
  listId: string;
  summary: ActivitySummary;
  /** It came while the page was open. */
  isLive: boolean;
}

/** A moment in the history of a list. */
interface Position {
  epoch: string;
  version: number;
}

const MAX_ENTRIES = 100;
/** Lists whose past is read when the page opens, and how many changes of each. */
const MAX_PRELOADED_LISTS = 5;
const PRELOADED_CHANGES = 50;
/** How long after a failed request it is tried again, in milliseconds. */
const RETRY_INTERVAL = 5000;

/**
 * What happens on my lists, newest first.
 *
 * The past is read once, then the socket tells; what it skips (a snapshot tells
 * of no change) is read again. So of every list that is followed, no change is
 * missing between the oldest shown and where its replica stands.
 */
export class Feed {
  entries = $state.raw<readonly FeedEntry[]>([]);
  /** Entries that came while the feed was held still. */
  pending = $state.raw<readonly FeedEntry[]>([]);
  #isPaused = $state(false);
  /** Up to where each list has been told; null until the past was read. */
  #shownUpTo: Map<string, Position> | null = null;
  readonly #readingLists = new Set<string>();
  #generation = 0;

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
  ) {
    engine.subscribe((events) => {
      const fresh = events.flatMap((event) => this.#onEvent(event));
      if (fresh.length > 0) this.#add(fresh);
    });
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Stand still, or let what has waited in. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.#show([]);
  }

  /** Read the past of the newest lists. Of the others it shows what follows. */
  async load(): Promise<void> {
    await this.#retryUntilDone(async () => {
      const lists = await this.api.getLists();
      this.#shownUpTo ??= new Map();
      for (const [index, { id, epoch, version }] of lists.entries()) {
        const known =
          index < MAX_PRELOADED_LISTS ? Math.max(0, version - PRELOADED_CHANGES) : version;
        if (!this.#shownUpTo.has(id)) this.#shownUpTo.set(id, { epoch, version: known });
      }
      const latest = lists.slice(0, MAX_PRELOADED_LISTS);
      await Promise.all(
        latest.map(({ id, epoch, version }) => this.#readChanges(id, { epoch, version })),
      );
      await Promise.all(lists.map(({ id }) => this.#catchUp(id)));
    });
  }

  #clear(): void {
    this.#shownUpTo = null;
    this.#generation += 1;
    this.entries = [];
    this.pending = [];
  }

  #onEvent(event: EngineEvent): FeedEntry[] {
    if (event.kind === 'reset') this.#clear();
    const listId = event.kind === 'replica' ? listIdOf(event.topic) : null;
    if (event.kind !== 'replica' || listId === null) return [];
    const { change, after, before } = event;
    if (!this.#advance(listId, after, change !== null)) void this.#catchUp(listId);
    if (!change) return [];
    const key = keyOf(listId, change.epoch, change.version);
    return [{ key, at: change.at, listId, summary: summaryOfChange(change, before), isLive: true }];
  }

  /** Whether all up to a replica has been told, its last change here and now. */
  #advance(listId: string, { epoch, version }: Replica, hasChange: boolean): boolean {
    const position = this.#shownUpTo?.get(listId);
    if (position?.epoch !== epoch || position.version < version - (hasChange ? 1 : 0)) return false;
    position.version = Math.max(position.version, version);
    return true;
  }

  /** Read what the socket did not tell of a list. */
  async #catchUp(listId: string): Promise<void> {
    await this.#retryUntilDone(async () => {
      for (let next = this.#missingUpTo(listId); next; next = this.#missingUpTo(listId)) {
        await this.#readChanges(listId, next);
      }
    });
  }

  /** Where the replica of a list stands, if not all up to there has been told. */
  #missingUpTo(listId: string): Position | null {
    const { epoch, version } = this.engine.replica(listTopic(listId));
    if (this.#shownUpTo === null || epoch === null || this.#readingLists.has(listId)) return null;
    const position = this.#shownUpTo.get(listId);
    return position?.epoch === epoch && position.version >= version ? null : { epoch, version };
  }

  /** Read the newest changes of a list, back to what has been told. */
  async #readChanges(listId: string, upTo: Position): Promise<void> {
    const shownUpTo = this.#shownUpTo;
    if (shownUpTo === null) return;
    this.#readingLists.add(listId);
    try {
      const position = shownUpTo.get(listId);
      const from =
        position?.epoch === upTo.epoch
          ? position.version
          : Math.max(0, upTo.version - PRELOADED_CHANGES);
      const read = await this.#fetchChanges(listId, from, upTo.epoch);
      // Meanwhile somebody else may have come to this browser.
      if (this.#shownUpTo !== shownUpTo) return;
      const version = Math.max(upTo.version, ...read.map(([version]) => version));
      shownUpTo.set(listId, { epoch: upTo.epoch, version });
      this.#add(read.map(([, entry]) => entry));
    } finally {
      this.#readingLists.delete(listId);
    }
  }

  /** Ask, and where no answer comes ask again. */
  async #retryUntilDone(request: () => Promise<void>): Promise<void> {
    const generation = this.#generation;
    try {
      await request();
    } catch (error) {
      const isPermanent = error instanceof Problem && (error.isFinal || error.isSignedOut);
      if (isPermanent || generation !== this.#generation) return;
      setTimeout(() => {
        if (generation === this.#generation) void this.#retryUntilDone(request);
      }, RETRY_INTERVAL);
    }
  }

  /** The changes after a version, newest first, as many as are shown. */
  async #fetchChanges(
    listId: string,
    after: number,
    epoch: string,
  ): Promise<[number, FeedEntry][]> {
    const entries: [number, FeedEntry][] = [];
    let cursor: string | null = null;
    do {
      const page = await this.api.getActivityPage(listId, cursor);
      const name = this.engine.replica(listTopic(listId)).list?.name ?? '';
      for (const activity of page.results) {
        const { version, at } = activity;
        const summary = summaryOfActivity(activity, name);
        const key = keyOf(listId, epoch, version);
        if (version > after) entries.push([version, { key, at, listId, summary, isLive: false }]);
      }
      cursor = (page.results.at(-1)?.version ?? 0) > after + 1 ? page.cursor : null;
    } while (cursor !== null && entries.length < MAX_ENTRIES);
    return entries;
  }

  #add(entries: readonly FeedEntry[]): void {
    if (this.#isPaused) this.pending = mergeEntries(entries, this.pending).slice(0, MAX_ENTRIES);
    else this.#show(entries);
  }

  #show(entries: readonly FeedEntry[]): void {
    this.entries = mergeEntries(this.entries, entries, this.pending).slice(0, MAX_ENTRIES);
    this.pending = [];
  }
}

const keyOf = (list: string, epoch: string, version: number): string =>
  `${list} ${epoch} ${version}`;

/** All of them once, newest first; what the socket told stays. */
function mergeEntries(...all: readonly (readonly FeedEntry[])[]): FeedEntry[] {
  const byKey = new Map<string, FeedEntry>();
  for (const entry of all.flat()) if (!byKey.get(entry.key)?.isLive) byKey.set(entry.key, entry);
  return [...byKey.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
