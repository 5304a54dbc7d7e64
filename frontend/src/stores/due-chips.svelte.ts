import { dueNames } from '../sync/due-names';
import type { KnownName } from '../sync/known-name';
import { mergedRows } from '../sync/name-matching';
import type { KnownNames } from './known-names.svelte';
import { itemsOfNames, withoutEmpty, type SuggestionTarget } from './suggestion-rows.svelte';

const MAX_CHIPS = 6;

/** What is bought in a rhythm and is due, while the field that adds items is empty. */
export class DueChips {
  /** They keep their place until the field has a text. */
  shown = $state.raw<readonly KnownName[]>([]);
  /** The keys of those that were added. */
  taken = $state.raw<ReadonlySet<string>>(new Set());

  constructor(
    private readonly names: Pick<KnownNames, 'suggested'>,
    private readonly list: SuggestionTarget,
    private readonly now: () => number,
  ) {}

  /** More names are known now. */
  update(): void {
    const due = dueNames(this.names.suggested, this.list.id, this.now());
    const items = itemsOfNames(this.list, due);
    const missing = due.filter(({ key }) => items.get(key)?.purchased !== false);
    this.shown = mergedRows(this.shown, missing, MAX_CHIPS);
  }

  take({ key, name, quantity, category }: KnownName): void {
    if (this.taken.has(key)) return;
    this.taken = new Set([...this.taken, key]);
    this.list.add({ name, ...withoutEmpty({ quantity, category }) });
  }
}
