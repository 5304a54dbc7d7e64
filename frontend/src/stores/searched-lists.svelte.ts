import type { ItemRow, Person } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import { optimisticChanges } from '../sync/optimistic-view';
import { entriesOfList } from '../sync/outbox';
import type { SearchedList } from './find';
import type { ListOverview } from './lists.svelte';

/** How many items of lists without a copy are requested. All of them stay in memory. */
const MAX_REQUESTED_ITEMS = 5000;

/** What Find searches: the lists that this browser has, and then those that the server sends. */
export class SearchedLists {
  all = $state.raw<readonly SearchedList[]>([]);
  /** How many lists have items that are not searched. */
  missingCount = $state(0);
  isComplete = $state(false);

  constructor(
    private readonly engine: Engine,
    private readonly overviews: readonly ListOverview[],
    private readonly user: Person | null,
  ) {}

  async load(): Promise<void> {
    const missing: ListOverview[] = [];
    for (const list of this.overviews) {
      const items = await this.engine.readItems(list.id);
      this.#add(list, items ?? new Map());
      if (items === null && list.totalCount > 0) missing.push(list);
    }
    await this.#request(missing);
    this.isComplete = true;
  }

  async #request(lists: readonly ListOverview[]): Promise<void> {
    this.missingCount = lists.length;
    let requested = 0;
    for (const list of lists) {
      requested += list.totalCount;
      if (requested > MAX_REQUESTED_ITEMS) return;
      const path = `shopping-lists/${list.id}/snapshot/`;
      const request = this.engine.http<{ items: ItemRow[] }>({ method: 'GET', path });
      const snapshot = await request.catch(() => null);
      if (snapshot === null) return;
      this.#add(list, new Map(snapshot.items.map((item) => [item.id, item])));
      this.missingCount -= 1;
    }
  }

  /** Add a list with the edits that this browser has not sent, or replace it. */
  #add({ id, name }: ListOverview, held: ReadonlyMap<string, ItemRow>): void {
    const edits = entriesOfList(this.engine.outbox, id);
    const changes = optimisticChanges(held, edits, this.user);
    const items = [...held.values()].filter((item) => !changes.has(item.id));
    for (const row of changes.values()) if (row) items.push(row.item);
    const list = { id, name, items };
    const isKnown = this.all.some((other) => other.id === id);
    this.all = isKnown
      ? this.all.map((other) => (other.id === id ? list : other))
      : [...this.all, list];
  }
}
