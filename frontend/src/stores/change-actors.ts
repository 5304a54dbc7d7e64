import type { Actor } from '../protocol/rest';
import type { ItemRow } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import { isRewritten } from '../sync/replica';

/** How many changes are remembered. */
const MAX_CHANGES = 500;

interface ActedChange {
  version: number;
  actor: Actor | null;
}

/**
 * Who made the latest changes of one list, as far as this page has heard of them.
 *
 * A row has the version of the change that wrote it last.
 */
export class ChangeActors {
  readonly #actors = new Map<number, Actor | null>();

  note({ version, actor }: ActedChange): void {
    this.#actors.delete(version);
    this.#actors.set(version, actor);
    const [oldest] = this.#actors.keys();
    if (oldest !== undefined && this.#actors.size > MAX_CHANGES) this.#actors.delete(oldest);
  }

  /** The list has another history now: its versions mean other changes. */
  clear(): void {
    this.#actors.clear();
  }

  /** Who changed a row last, null if that is not known. */
  lastOf({ version, purchased_at, purchased_by, updated_at }: ItemRow): Actor | null {
    const actor = this.#actors.get(version);
    if (actor !== undefined) return actor;
    return purchased_at === updated_at ? purchased_by : null;
  }
}

const actorsOfPages = new WeakMap<object, ChangeActors>();

/** The actors of the list that a page shows. */
export function changeActorsOf(page: object): ChangeActors {
  const actors = actorsOfPages.get(page) ?? new ChangeActors();
  actorsOfPages.set(page, actors);
  return actors;
}

/** Remember the actors of the changes that arrive. Returns a stop function. */
export function followActors(actors: ChangeActors, engine: Engine, topic: string): () => void {
  return engine.subscribe((events) => {
    for (const event of events) {
      if (event.kind !== 'replica' || event.topic !== topic) continue;
      if (event.change) actors.note(event.change);
      else if (event.after.ended || isRewritten(event.before, event.after)) actors.clear();
    }
  });
}
