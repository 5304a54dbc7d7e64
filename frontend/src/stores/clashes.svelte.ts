import type { Engine, EngineEvent } from '../sync/engine';
import {
  NO_CLASHES,
  withChange,
  withOwnTexts,
  withoutClash,
  withoutList,
  type Clash,
  type ClashState,
} from '../sync/clash';
import { listIdOf } from '../protocol/topic';

const KEY = 'trolley_clashes';

/** What is kept for a reload of the page, and for no other user. */
interface StoredClashes {
  userId: number | null;
  state: ClashState;
}

/** The texts of the user that others replaced at the same time, and the reverse, on all lists. */
export class Clashes {
  #stored = $state.raw<StoredClashes>({ userId: null, state: NO_CLASHES });

  constructor(
    engine: Engine,
    private readonly storage: Storage | null = pageStorage(),
  ) {
    this.#stored = this.#read() ?? this.#stored;
    const onEvents = (events: readonly EngineEvent[]): void => {
      this.#set(events.reduce((stored, event) => after(stored, event, engine), this.#stored));
    };
    engine.subscribe(onEvents);
    onEvents([{ kind: 'outbox' }]);
  }

  /** The clashes of a list that this user has not dismissed, the oldest first. */
  of(list: string, userId: number | null): readonly Clash[] {
    if (this.#stored.userId !== userId) return [];
    return this.#stored.state.clashes.filter((clash) => clash.list === list);
  }

  dismiss(clash: Clash): void {
    this.#set({ ...this.#stored, state: withoutClash(this.#stored.state, clash) });
  }

  #set(next: StoredClashes): void {
    if (next === this.#stored) return;
    this.#stored = next;
    try {
      if (next.state.own.length + next.state.clashes.length === 0) this.storage?.removeItem(KEY);
      else this.storage?.setItem(KEY, JSON.stringify(next));
    } catch {
      // A full or forbidden storage: a reload forgets what was shown.
    }
  }

  #read(): StoredClashes | null {
    try {
      return JSON.parse(this.storage?.getItem(KEY) ?? 'null') as StoredClashes | null;
    } catch {
      return null;
    }
  }
}

/** What is stored after an event. The same object if nothing changed. */
function after(stored: StoredClashes, event: EngineEvent, engine: Engine): StoredClashes {
  const { userId, state } = stored;
  if (event.kind === 'welcome') {
    const { id } = event.frame.user;
    // Another user may have signed in at this browser meanwhile.
    if (userId === id) return stored;
    return { userId: id, state: userId === null ? state : NO_CLASHES };
  }
  if (event.kind === 'reset') return { userId: null, state: NO_CLASHES };
  const next = stateAfter(state, event, engine, userId);
  return next === state ? stored : { userId, state: next };
}

function stateAfter(
  state: ClashState,
  event: EngineEvent,
  engine: Engine,
  userId: number | null,
): ClashState {
  if (event.kind === 'outbox') return withOwnTexts(state, engine.outbox);
  if (event.kind === 'left') return withoutList(state, event.list);
  if (event.kind !== 'replica' && event.kind !== 'closed') return state;
  const list = listIdOf(event.topic);
  if (list === null) return state;
  if (event.kind === 'closed')
    return event.reason === 'too many' ? state : withoutList(state, list);
  return withChange(state, { ...event, list, userId });
}

function pageStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

const clashesOfEngines = new WeakMap<Engine, Clashes>();

/** The clashes that a page notices. They are noticed from the first call on. */
export function clashesOf(engine: Engine): Clashes {
  const clashes = clashesOfEngines.get(engine) ?? new Clashes(engine);
  clashesOfEngines.set(engine, clashes);
  return clashes;
}
