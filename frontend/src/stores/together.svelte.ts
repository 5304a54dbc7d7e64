import type { PresentPerson } from '../protocol/frames';
import type { OpenList } from './open-list.svelte';
import { tripProgress, type Progress } from './trip-progress';

/** A person who has announced when they go shopping. */
export interface Leaving {
  person: PresentPerson;
  /** 0: now. */
  minutes: number;
}

const MINUTE = 60_000;

/** The minutes until a time of the server; null if it passed more than a minute ago. */
export function minutesUntil(time: number, now: number): number | null {
  return time < now - MINUTE ? null : Math.max(0, Math.round((time - now) / MINUTE));
}

/** What the others do who have the list open. */
export class Together {
  others = $derived.by(() => this.list.people.filter(({ id }) => id !== this.userId()));
  shoppers = $derived(this.others.filter(({ trip }) => trip));
  /** Of several trips the one that began first. */
  progress = $derived.by(() => {
    const [first] = this.shoppers
      .flatMap(({ trip }) => trip ?? [])
      .sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
    return first ? this.progressOf(first) : null;
  });

  constructor(
    private readonly list: OpenList,
    private readonly userId: () => number | null,
  ) {}

  progressOf(trip: { started_at: string }): Progress {
    return tripProgress([...this.list.allOpenRows, ...this.list.boughtRows], trip);
  }

  /** Who leaves for the shop soon, at this time of this browser. */
  leaving(now: number): Leaving[] {
    const serverNow = now + this.list.engine.clockOffset;
    return this.others
      .filter(({ trip }) => !trip)
      .flatMap((person) => {
        if (person.leaving_at === undefined) return [];
        const minutes = minutesUntil(Date.parse(person.leaving_at), serverNow);
        return minutes === null ? [] : { person, minutes };
      });
  }

  /** Who edits an item now, by its id. */
  get editors(): Map<string, PresentPerson> {
    return new Map(
      this.others.flatMap((person) =>
        person.editing === undefined ? [] : [[person.editing, person]],
      ),
    );
  }
}
