import type { ActivePerson } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

const PEOPLE_TOPIC = 'people';

/** Who has a list of the user open. */
export class People {
  /** Null until the server has told. */
  all = $state.raw<readonly ActivePerson[] | null>(null);

  constructor(
    private readonly engine: Engine,
    pause: Pause,
  ) {
    const show = pause.hold((people: readonly ActivePerson[] | null) => {
      this.all = people;
    });
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'frame' && event.frame.type === 'people') show(event.frame.people);
        else if (event.kind === 'left') this.#dropList(event.list);
        else if (event.kind === 'reset') {
          show(null);
          this.all = null;
        }
      }
    });
  }

  /** Follow the people until the returned function is called. */
  start(): () => void {
    this.engine.watch(PEOPLE_TOPIC);
    return () => {
      this.engine.unwatch(PEOPLE_TOPIC);
      this.all = null;
    };
  }

  /** What the user may no longer see goes at once, also during a pause. */
  #dropList(id: string): void {
    this.all =
      this.all
        ?.map((person) => ({ ...person, lists: person.lists.filter(({ list }) => list !== id) }))
        .filter(({ lists }) => lists.length > 0) ?? null;
  }
}
