import * as m from '#messages';
import type {
  ActivePerson,
  ActivityEntry,
  ItemRow,
  OverviewRow,
  Verdict,
} from '../protocol/frames';
import { ACTIVITY_TOPIC, LISTS_TOPIC, listIdOf, listTopic } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';

/** Lists whose items are shown. */
export const MAX_LISTS = 6;
/** The items of a longer list are not read: a wall screen cannot show them. */
export const MAX_ITEMS = 500;
const MAX_ACTIVITIES = 6;
/** After an end that does not reconnect by itself, in milliseconds. */
const RETRY_DELAY = 60_000;

/** A list on the wall, with its open items if they are read. */
export interface WallList {
  id: string;
  name: string;
  openCount: number;
  totalCount: number;
  /** Null: they are not read, or have not arrived yet (`isLoading`). */
  open: readonly ItemRow[] | null;
  /** Whether the items are those of the server, as their digest proves; null without items. */
  isIdentical: boolean | null;
  isLoading: boolean;
}

/** What a wall screen shows. It comes over the socket alone. */
export class WallBoard {
  state = $state<'connecting' | 'live' | 'reconnecting' | 'refused' | 'stopped'>('connecting');
  /** When the newest message arrived, in Unix milliseconds. */
  heardAt = $state<number | null>(null);
  lists = $state.raw<readonly WallList[]>([]);
  isLoaded = $state(false);
  people = $state.raw<readonly ActivePerson[]>([]);
  activities = $state.raw<readonly ActivityEntry[]>([]);
  verdict = $state.raw<Verdict | null>(null);
  #rows: ReadonlyMap<string, OverviewRow> = new Map();
  #watched = new Set<string>();

  constructor(
    private readonly engine: Engine,
    private readonly now: () => number = () => Date.now(),
    private readonly schedule: (delay: number, run: () => void) => void = (delay, run) => {
      setTimeout(run, delay);
    },
  ) {
    engine.subscribe((events) => {
      for (const event of events) this.#onEvent(event);
      if (!events.some(({ kind }) => kind === 'down')) this.heardAt = this.now();
      this.#rebuild();
    });
  }

  start(): void {
    for (const topic of [LISTS_TOPIC, ACTIVITY_TOPIC, 'people', 'verdict'])
      this.engine.watch(topic);
    this.engine.start();
  }

  #onEvent(event: EngineEvent): void {
    switch (event.kind) {
      case 'welcome':
        this.state = 'live';
        break;
      case 'down':
        this.#onDown(event.decision);
        break;
      case 'lists':
        this.#rows = new Map(event.rows.map((row) => [row.id, row]));
        this.isLoaded = true;
        break;
      case 'list':
        this.#rows = new Map(this.#rows).set(event.row.id, event.row);
        break;
      case 'left':
        this.#drop(event.list);
        break;
      case 'closed':
        this.#drop(listIdOf(event.topic) ?? '');
        break;
      case 'activities':
        this.activities = event.entries.slice(0, MAX_ACTIVITIES);
        break;
      case 'activity':
        this.activities = [event.entry, ...this.activities].slice(0, MAX_ACTIVITIES);
        break;
      case 'frame':
        if (event.frame.type === 'people') this.people = event.frame.people;
        else if (event.frame.type === 'verdict') this.verdict = event.frame;
    }
  }

  /** A screen on a wall has no user who reloads it: it tries again, whatever the reason was. */
  #onDown(decision: 'reconnect' | 'stop' | 'sign in'): void {
    this.verdict = null;
    if (decision === 'reconnect') {
      if (this.state !== 'connecting') this.state = 'reconnecting';
      return;
    }
    this.state = decision === 'sign in' ? 'refused' : 'stopped';
    if (decision === 'sign in') this.#clear();
    this.schedule(RETRY_DELAY, () => {
      this.engine.start();
    });
  }

  /** What a revoked link showed must not stay on the screen. */
  #clear(): void {
    for (const id of this.#watched) this.engine.unwatch(listTopic(id));
    this.#watched = new Set();
    this.#rows = new Map();
    this.activities = [];
    this.people = [];
    this.isLoaded = false;
  }

  #drop(id: string): void {
    const rows = new Map(this.#rows);
    if (!rows.delete(id)) return;
    this.#rows = rows;
    this.activities = this.activities.filter(({ list }) => list !== id);
  }

  #rebuild(): void {
    const rows = [...this.#rows.values()].sort((a, b) =>
      a.last_interaction < b.last_interaction ? 1 : -1,
    );
    const watched = rows
      .slice(0, MAX_LISTS)
      .filter((row) => row.items_total <= MAX_ITEMS)
      .map(({ id }) => id);
    this.#watch(new Set(watched));
    this.lists = rows.map((row) => this.#listOf(row));
  }

  #watch(ids: Set<string>): void {
    const before = this.#watched;
    // First, because watching a topic may emit events.
    this.#watched = ids;
    for (const id of before) if (!ids.has(id)) this.engine.unwatch(listTopic(id));
    for (const id of ids) if (!before.has(id)) this.engine.watch(listTopic(id));
  }

  #listOf(row: OverviewRow): WallList {
    const replica = this.engine.replica(listTopic(row.id));
    const isWatched = this.#watched.has(row.id);
    const isShown = isWatched && replica.epoch !== null && !replica.partial;
    const open = isShown
      ? [...replica.items.values()].filter(({ purchased }) => !purchased).sort(byPosition)
      : null;
    return {
      id: row.id,
      name: replica.list && isShown ? replica.list.name : row.name,
      openCount: open?.length ?? row.items_open,
      totalCount: isShown ? replica.items.size : row.items_total,
      open,
      isIdentical: isShown ? replica.computedDigest === replica.digest : null,
      isLoading: isWatched && !isShown,
    };
  }
}

function byPosition(a: ItemRow, b: ItemRow): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** The line that says whether what is shown is right. `age` is in seconds, null: never heard. */
export function wallSentence(
  board: WallBoard,
  age: number | null,
  spoken: readonly string[],
): string {
  if (board.state === 'refused') return m.wall_refused();
  if (board.state === 'stopped') return m.wall_stopped();
  if (board.state === 'connecting' || age === null) return m.connection_connecting();
  if (board.state === 'reconnecting' || age > 15) return m.wall_no_connection();
  if (!board.isLoaded || board.lists.some(({ isLoading }) => isLoading)) return m.wall_loading();
  if (board.lists.some(({ isIdentical }) => isIdentical === false)) return m.wall_differs();
  if (spoken.length === 0) return m.wall_up_to_date();
  // The server speaks English.
  return __LOCALE__ === 'en' ? spoken.join(' ') : m.wall_trouble();
}
