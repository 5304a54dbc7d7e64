import * as m from '#messages';
import { listTopic } from '../protocol/topic';
import type { ItemRow } from '../protocol/frames';
import { keyOfItem } from '../sync/edit';
import type { Engine } from '../sync/engine';
import type { KnownNames } from './known-names.svelte';
import { parseLine, type ParsedLine } from './quantity';

const nameKeysCache = new WeakMap<ReadonlyMap<string, ItemRow>, ReadonlySet<string>>();

/** The keys of all names on a list. They are cached for each version of its items. */
function nameKeysOf(items: ReadonlyMap<string, ItemRow>): ReadonlySet<string> {
  const keys = nameKeysCache.get(items) ?? new Set([...items.values()].map(keyOfItem));
  nameKeysCache.set(items, keys);
  return keys;
}

/** Parses typed lines, and knows which names were used before. */
export class ItemInput {
  /** The names that were used before. Null until they are loaded. */
  names = $state.raw<KnownNames | null>(null);

  constructor(
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

  #isKnown(key: string): boolean {
    if (this.names?.has(key)) return true;
    return this.listIds().some((id) =>
      nameKeysOf(this.engine.replica(listTopic(id)).items).has(key),
    );
  }
}
