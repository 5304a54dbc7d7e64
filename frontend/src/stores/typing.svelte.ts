import type { Api } from '../net/api';
import { topicOf } from '../protocol/topic';
import type { ItemRow } from '../protocol/types';
import { folded } from '../sync/edit';
import type { Engine } from '../sync/engine';
import { parse, readingsOf, type Parsed } from './quantity';

/** How long nothing more must be typed before the server is asked, in milliseconds. */
const PAUSE = 150;

const keys = new WeakMap<ReadonlyMap<string, ItemRow>, ReadonlySet<string>>();

/** What the names of a list are compared by, worked out once for each state of it. */
function keysOf(items: ReadonlyMap<string, ItemRow>): ReadonlySet<string> {
  const known = keys.get(items) ?? new Set([...items.values()].map(({ name }) => folded(name)));
  keys.set(items, known);
  return known;
}

/** Takes apart what is typed, and knows which names were used before. */
export class Typing {
  /** Names that the server told of. */
  #heard = $state.raw<ReadonlySet<string>>(new Set());
  readonly #asked = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly lists: () => readonly string[],
  ) {}

  /** The parts of a line; what is a name already is never taken apart. */
  read(text: string): Parsed {
    return parse(text, (key) => this.#isKnown(key));
  }

  /** Find out whether a line that can be read in several ways is a name of old. */
  ask(text: string): void {
    if (this.#timer) clearTimeout(this.#timer);
    const readings = readingsOf(text);
    const name = readings.at(-1)?.name ?? '';
    if (readings.length < 2 || this.#asked.has(name)) return;
    this.#timer = setTimeout(() => void this.#suggested(name), PAUSE);
  }

  async #suggested(name: string): Promise<void> {
    try {
      const found = await this.api.suggestions(name);
      this.#asked.add(name);
      this.#heard = new Set([...this.#heard, ...found.map((one) => folded(one.name))]);
    } catch {
      // Then only the names on the lists are known.
    }
  }

  #isKnown(key: string): boolean {
    if (this.#heard.has(key)) return true;
    return this.lists().some((id) => keysOf(this.engine.replica(topicOf(id)).items).has(key));
  }
}
