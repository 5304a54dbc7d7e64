import type { Api } from '../net/api';
import { Problem } from '../net/problem';
import { listOf, topicOf } from '../protocol/topic';
import type { Engine, News } from '../sync/engine';
import type { Replica } from '../sync/replica';
import { happeningIn, happeningOf, type Happening } from './sentence';

export interface FeedEntry {
  key: string;
  at: string;
  list: string;
  happening: Happening;
  /** It came while the page was open. */
  fresh: boolean;
}

/** A moment in the history of a list. */
interface Position {
  epoch: string;
  version: number;
}

const SHOWN = 100;
/** Lists whose past is read when the page opens, and how many changes of each. */
const LISTS = 5;
const PAST = 50;
/** How long after a failed request it is tried again, in milliseconds. */
const RETRY = 5000;

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
  later = $state.raw<readonly FeedEntry[]>([]);
  #held = $state(false);
  /** Up to where each list has been told; null until the past was read. */
  #told: Map<string, Position> | null = null;
  readonly #reading = new Set<string>();
  #life = 0;

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
  ) {
    engine.listen((news) => {
      const fresh = news.flatMap((one) => this.#heard(one));
      if (fresh.length > 0) this.#add(fresh);
    });
  }

  get held(): boolean {
    return this.#held;
  }

  /** Stand still, or let what has waited in. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#show([]);
  }

  /** Read the past of the newest lists. Of the others it shows what follows. */
  async load(): Promise<void> {
    await this.#try(async () => {
      const lists = await this.api.lists();
      this.#told ??= new Map();
      for (const [index, { id, epoch, version }] of lists.entries()) {
        const known = index < LISTS ? Math.max(0, version - PAST) : version;
        if (!this.#told.has(id)) this.#told.set(id, { epoch, version: known });
      }
      const newest = lists.slice(0, LISTS);
      await Promise.all(newest.map(({ id, epoch, version }) => this.#read(id, { epoch, version })));
      await Promise.all(lists.map(({ id }) => this.#catchUp(id)));
    });
  }

  #clear(): void {
    this.#told = null;
    this.#life += 1;
    this.entries = [];
    this.later = [];
  }

  #heard(one: News): FeedEntry[] {
    if (one.kind === 'reset') this.#clear();
    const list = one.kind === 'replica' ? listOf(one.topic) : null;
    if (one.kind !== 'replica' || list === null) return [];
    const { change, after, before } = one;
    if (!this.#follows(list, after, change !== null)) void this.#catchUp(list);
    if (!change) return [];
    const key = keyOf(list, change.epoch, change.version);
    return [{ key, at: change.at, list, happening: happeningOf(change, before), fresh: true }];
  }

  /** Whether all up to a replica has been told, its last change here and now. */
  #follows(list: string, { epoch, version }: Replica, tells: boolean): boolean {
    const told = this.#told?.get(list);
    if (told?.epoch !== epoch || told.version < version - (tells ? 1 : 0)) return false;
    told.version = Math.max(told.version, version);
    return true;
  }

  /** Read what the socket did not tell of a list. */
  async #catchUp(list: string): Promise<void> {
    await this.#try(async () => {
      for (let next = this.#missing(list); next; next = this.#missing(list)) {
        await this.#read(list, next);
      }
    });
  }

  /** Where the replica of a list stands, if not all up to there has been told. */
  #missing(list: string): Position | null {
    const { epoch, version } = this.engine.replica(topicOf(list));
    if (this.#told === null || epoch === null || this.#reading.has(list)) return null;
    const told = this.#told.get(list);
    return told?.epoch === epoch && told.version >= version ? null : { epoch, version };
  }

  /** Read the newest changes of a list, back to what has been told. */
  async #read(list: string, upTo: Position): Promise<void> {
    const all = this.#told;
    if (all === null) return;
    this.#reading.add(list);
    try {
      const told = all.get(list);
      const from = told?.epoch === upTo.epoch ? told.version : Math.max(0, upTo.version - PAST);
      const read = await this.#newest(list, from, upTo.epoch);
      // Meanwhile somebody else may have come to this browser.
      if (this.#told !== all) return;
      const version = Math.max(upTo.version, ...read.map(([version]) => version));
      all.set(list, { epoch: upTo.epoch, version });
      this.#add(read.map(([, entry]) => entry));
    } finally {
      this.#reading.delete(list);
    }
  }

  /** Ask, and where no answer comes ask again. */
  async #try(run: () => Promise<void>): Promise<void> {
    const life = this.#life;
    try {
      await run();
    } catch (error) {
      const over = error instanceof Problem && (error.final || error.signedOut);
      if (over || life !== this.#life) return;
      setTimeout(() => {
        if (life === this.#life) void this.#try(run);
      }, RETRY);
    }
  }

  /** The changes after a version, newest first, as many as are shown. */
  async #newest(list: string, after: number, epoch: string): Promise<[number, FeedEntry][]> {
    const found: [number, FeedEntry][] = [];
    let cursor: string | null = null;
    do {
      const page = await this.api.activityPage(list, cursor);
      const name = this.engine.replica(topicOf(list)).list?.name ?? '';
      for (const activity of page.results) {
        const { version, at } = activity;
        const happening = happeningIn(activity, name);
        const key = keyOf(list, epoch, version);
        if (version > after) found.push([version, { key, at, list, happening, fresh: false }]);
      }
      cursor = (page.results.at(-1)?.version ?? 0) > after + 1 ? page.cursor : null;
    } while (cursor !== null && found.length < SHOWN);
    return found;
  }

  #add(entries: readonly FeedEntry[]): void {
    if (this.#held) this.later = joined(entries, this.later).slice(0, SHOWN);
    else this.#show(entries);
  }

  #show(entries: readonly FeedEntry[]): void {
    this.entries = joined(this.entries, entries, this.later).slice(0, SHOWN);
    this.later = [];
  }
}

const keyOf = (list: string, epoch: string, version: number): string =>
  `${list} ${epoch} ${version}`;

/** All of them once, newest first; what the socket told stays. */
function joined(...all: readonly (readonly FeedEntry[])[]): FeedEntry[] {
  const known = new Map<string, FeedEntry>();
  for (const entry of all.flat()) if (!known.get(entry.key)?.fresh) known.set(entry.key, entry);
  return [...known.values()].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}
