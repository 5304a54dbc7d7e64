import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import { listIdOf, listTopic } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import { isRewritten, type Replica } from '../sync/replica';
import { summaryOfActivity, summaryOfChange, type ActivitySummary } from './activity-text';

export interface FeedEntry {
  key: string;
  at: string;
  listId: string;
  summary: ActivitySummary;
  /** Whether it arrived through the socket. */
  isLive: boolean;
}

/** A position in the history of a list. */
interface Position {
  epoch: string;
  version: number;
}

const MAX_ENTRIES = 100;
/** The number of lists whose past changes are read at the start, and of changes for each. */
const MAX_PRELOADED_LISTS = 5;
const PRELOADED_CHANGES = 50;
/** The delay before a failed request is repeated, in milliseconds. */
const RETRY_INTERVAL = 5000;

/**
 * The activity on the user's lists, newest first.
 *
 * Past changes are read once, later ones arrive through the socket. Changes that the socket
 * skips (a snapshot contains no changes) are read too. So no change of a watched list is
 * missing between the oldest entry shown and the position of its replica.
 */
export class Feed {
  entries = $state.raw<readonly FeedEntry[]>([]);
  /** Entries that arrived while the feed was paused. */
  pending = $state.raw<readonly FeedEntry[]>([]);
  #isPaused = $state(false);
  /** The position up to which each list's changes are shown. Null until the first load. */
  #shownUpTo: Map<string, Position> | null = null;
  readonly #readingLists = new Set<string>();
  #generation = 0;

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
  ) {
    engine.subscribe((events) => {
      const added = events.flatMap((event) => this.#onEvent(event));
      if (added.length > 0) this.#add(added);
    });
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Pause the feed, or continue it and show the pending entries. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.#show([]);
  }

  /** Read past changes of the latest lists. For other lists, only new changes are shown. */
  async load(): Promise<void> {
    await this.#retryUntilDone(async () => {
      const lists = await this.api.getLists();
      this.#shownUpTo ??= new Map();
      for (const [index, { id, epoch, version }] of lists.entries()) {
        const shownVersion =
          index < MAX_PRELOADED_LISTS ? Math.max(0, version - PRELOADED_CHANGES) : version;
        if (!this.#shownUpTo.has(id)) this.#shownUpTo.set(id, { epoch, version: shownVersion });
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

  /** Drop the entries of a list, because its history was rewritten: read it again. */
  #dropList(id: string): void {
    this.#shownUpTo?.delete(id);
    this.entries = this.entries.filter(({ listId }) => listId !== id);
    this.pending = this.pending.filter(({ listId }) => listId !== id);
  }

  #onEvent(event: EngineEvent): FeedEntry[] {
    if (event.kind === 'reset') this.#clear();
    const listId = event.kind === 'replica' ? listIdOf(event.topic) : null;
    if (event.kind !== 'replica' || listId === null) return [];
    const { change, after, before } = event;
    if (isRewritten(before, after)) this.#dropList(listId);
    if (!this.#advance(listId, after, change !== null)) void this.#catchUp(listId);
    if (!change) return [];
    const key = keyOf(listId, change.epoch, change.version);
    return [{ key, at: change.at, listId, summary: summaryOfChange(change, before), isLive: true }];
  }

  /** Move the position of a list to its replica. Returns false if changes are missing before it. */
  #advance(listId: string, { epoch, version }: Replica, hasChange: boolean): boolean {
    const position = this.#shownUpTo?.get(listId);
    if (position?.epoch !== epoch || position.version < version - (hasChange ? 1 : 0)) return false;
    position.version = Math.max(position.version, version);
    return true;
  }

  /** Read the changes of a list that the socket skipped. */
  async #catchUp(listId: string): Promise<void> {
    await this.#retryUntilDone(async () => {
      for (let next = this.#missingUpTo(listId); next; next = this.#missingUpTo(listId)) {
        await this.#readChanges(listId, next);
      }
    });
  }

  /** The position of a list's replica, or null if all changes up to there are shown. */
  #missingUpTo(listId: string): Position | null {
    const { epoch, version } = this.engine.replica(listTopic(listId));
    if (this.#shownUpTo === null || epoch === null || this.#readingLists.has(listId)) return null;
    const position = this.#shownUpTo.get(listId);
    return position?.epoch === epoch && position.version >= version ? null : { epoch, version };
  }

  /** Read the changes of a list that are not shown yet. */
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
      // Another user may have signed in meanwhile.
      if (this.#shownUpTo !== shownUpTo) return;
      const version = Math.max(upTo.version, ...read.map(([version]) => version));
      shownUpTo.set(listId, { epoch: upTo.epoch, version });
      this.#add(read.map(([, entry]) => entry));
    } finally {
      this.#readingLists.delete(listId);
    }
  }

  /** Run a request, and repeat it until the server responds. */
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

  /** Fetch the changes after a version, newest first, up to the number that is shown. */
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

const keyOf = (listId: string, epoch: string, version: number): string =>
  `${listId} ${epoch} ${version}`;

/** Merge entries, newest first. Of two with the same key, the one from the socket wins. */
function mergeEntries(...all: readonly (readonly FeedEntry[])[]): FeedEntry[] {
  const byKey = new Map<string, FeedEntry>();
  for (const entry of all.flat()) if (!byKey.get(entry.key)?.isLive) byKey.set(entry.key, entry);
  return [...byKey.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
