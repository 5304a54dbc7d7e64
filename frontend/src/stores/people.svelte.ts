import type { ActivePerson, ListScreens, People as PeopleFrame } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

const PEOPLE_TOPIC = 'people';

/** Who has a list of the user open. */
export class People {
  /** Null until the server has told. */
  all = $state.raw<readonly ActivePerson[] | null>(null);
  /** The screens that show each list of the user. A list without one has no entry. */
  screens = $state.raw<ReadonlyMap<string, ListScreens>>(new Map());

  constructor(
    private readonly engine: Engine,
    pause: Pause,
  ) {
    const show = pause.hold((frame: PeopleFrame | null) => {
      this.all = frame?.people ?? null;
      this.screens = new Map(frame?.screens.map((each) => [each.list, each]));
    });
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'frame' && event.frame.type === 'people') show(event.frame);
        else if (event.kind === 'left') this.#dropList(event.list);
        else if (event.kind === 'reset') {
          show(null);
          this.#clear();
        }
      }
    });
  }

  /** Follow the people until the returned function is called. */
  start(): () => void {
    this.engine.watch(PEOPLE_TOPIC);
    return () => {
      this.engine.unwatch(PEOPLE_TOPIC);
      this.#clear();
    };
  }

  #clear(): void {
    this.all = null;
    this.screens = new Map();
  }

  /** What the user may no longer see goes at once, also during a pause. */
  #dropList(id: string): void {
    this.all =
      this.all
        ?.map((person) => ({ ...person, lists: person.lists.filter(({ list }) => list !== id) }))
        .filter(({ lists }) => lists.length > 0) ?? null;
    this.screens = new Map([...this.screens].filter(([list]) => list !== id));
  }
}
