import type { Engine, EngineEvent } from '../sync/engine';

/** How long an edit counts, and how many bars a sparkline has: one for each minute. */
export const MINUTES = 30;
const MINUTE = 60_000;
/** The newest changes of all lists that the server sends. With fewer, none is missing. */
const ALL_ENTRIES = 50;
/** Times that are kept for each list: more are not told apart in a bar. */
const MAX_TIMES = 2_000;

/** When each list was edited in the last 30 minutes, from the topic of the feed. */
export class EditTimes {
  #times = $state.raw<ReadonlyMap<string, readonly number[]>>(new Map());
  /** The moment since which every edit is known, in Unix milliseconds. */
  knownSince = $state(Infinity);

  /** `entries` are the newest changes that are known already, newest first. */
  constructor(engine: Engine, entries: readonly { listId: string; at: string }[]) {
    if (entries.length > 0) this.#replace(entries.map(({ listId, at }) => ({ list: listId, at })));
    engine.subscribe((events) => {
      for (const event of events) this.#onEvent(event);
    });
  }

  /** The edits of each of the last minutes, oldest first. Null: not known. */
  minutesOf(listId: string, now: number): (number | null)[] {
    const start = now - MINUTES * MINUTE;
    const bars = Array.from({ length: MINUTES }, (_, index): number | null =>
      start + (index + 1) * MINUTE > this.knownSince ? 0 : null,
    );
    for (const time of this.#times.get(listId) ?? []) {
      // The clock of the server may be ahead of the one of this device.
      const index = Math.min(MINUTES - 1, Math.floor((time - start) / MINUTE));
      if (index >= 0) bars[index] = (bars[index] ?? 0) + 1;
    }
    return bars;
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') {
      this.#times = new Map();
      this.knownSince = Infinity;
    } else if (event.kind === 'activities') this.#replace(event.entries);
    else if (event.kind === 'frame' && event.frame.type === 'newest') {
      const { entries, more } = event.frame;
      for (const { list, at } of [...entries].reverse()) this.#add(list, Date.parse(at), 1);
      const last = Date.parse(entries.at(-1)?.at ?? '');
      for (const [list, count] of Object.entries(more)) this.#add(list, last, count);
    } else if (event.kind === 'left') {
      const times = new Map(this.#times);
      times.delete(event.list);
      this.#times = times;
    }
  }

  /** The newest 50 changes of all lists: older ones may be missing. */
  #replace(entries: readonly { list: string; at: string }[]): void {
    const oldest = entries.length < ALL_ENTRIES ? 0 : Date.parse(entries.at(-1)?.at ?? '');
    const times = new Map<string, number[]>();
    for (const { list, at } of [...entries].reverse())
      times.set(list, [...(times.get(list) ?? []), Date.parse(at)]);
    this.#times = times;
    this.knownSince = oldest;
  }

  #add(listId: string, time: number, count: number): void {
    const known = this.#times.get(listId) ?? [];
    const kept = known.filter((other) => other > time - MINUTES * MINUTE);
    const added = Array.from({ length: count }, () => time);
    this.#times = new Map(this.#times).set(listId, [...kept, ...added].slice(-MAX_TIMES));
  }
}

const stores = new WeakMap<Engine, EditTimes>();

/** The store of this page. It goes on while another section is open. */
export function editTimesOf(
  engine: Engine,
  entries: readonly { listId: string; at: string }[],
): EditTimes {
  const known = stores.get(engine);
  if (known) return known;
  const created = new EditTimes(engine, entries);
  stores.set(engine, created);
  return created;
}
