import * as m from '#messages';
import type { Api } from '../net/api';
import { listTopic } from '../protocol/topic';
import type { ItemRow } from '../protocol/frames';
import { nameKey } from '../sync/edit';
import type { Engine } from '../sync/engine';
import { parseLine, readingsOf, type ParsedLine } from './quantity';

/** The pause in typing before suggestions are requested, in milliseconds. */
const SUGGESTION_DELAY = 150;

const nameKeysCache = new WeakMap<ReadonlyMap<string, ItemRow>, ReadonlySet<string>>();

/** The keys of all names on a list. They are cached for each version of its items. */
function nameKeysOf(items: ReadonlyMap<string, ItemRow>): ReadonlySet<string> {
  const keys =
    nameKeysCache.get(items) ?? new Set([...items.values()].map(({ name }) => nameKey(name)));
  nameKeysCache.set(items, keys);
  return keys;
}

/** Parses typed lines, and knows which names were used before. */
export class ItemInput {
  /** The keys of names that the server suggested. */
  #suggestedKeys = $state.raw<ReadonlySet<string>>(new Set());
  readonly #requestedNames = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly listIds: () => readonly string[],
  ) {}

  /** The name, quantity and note in a line. A known name is not split. */
  parse(text: string): ParsedLine {
    return parseLine(text, (key) => this.#isKnown(key));
  }

  /** The parts of a line in a sentence, for screen readers. */
  describe({ name, quantity, note }: ParsedLine): string {
    if (quantity !== '' && note !== '') return m.add_bar_parts_both({ name, quantity, note });
    if (quantity !== '') return m.add_bar_parts_quantity({ name, quantity });
    return m.add_bar_parts_note({ name, note });
  }

  /** If a line can be read in several ways, ask the server for known names. */
  loadSuggestions(text: string): void {
    if (this.#timer) clearTimeout(this.#timer);
    const readings = readingsOf(text);
    const name = readings.at(-1)?.name ?? '';
    if (readings.length < 2 || this.#requestedNames.has(name)) return;
    this.#timer = setTimeout(() => void this.#fetchSuggestions(name), SUGGESTION_DELAY);
  }

  async #fetchSuggestions(name: string): Promise<void> {
    try {
      const suggestions = await this.api.getSuggestions(name);
      this.#requestedNames.add(name);
      this.#suggestedKeys = new Set([
        ...this.#suggestedKeys,
        ...suggestions.map((suggestion) => nameKey(suggestion.name)),
      ]);
    } catch {
      // Without suggestions, only the names on the lists are known.
    }
  }

  #isKnown(key: string): boolean {
    if (this.#suggestedKeys.has(key)) return true;
    return this.listIds().some((id) =>
      nameKeysOf(this.engine.replica(listTopic(id)).items).has(key),
    );
  }
}
