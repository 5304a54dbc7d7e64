import type { Api } from '../net/api';
import { uuid } from '../net/uuid';
import { messageOf } from '../net/problem';
import type { ListResponse, Role } from '../protocol/rest';
import { listIdOf, listTopic } from '../protocol/topic';
import type { ItemRow, ListRow, Member } from '../protocol/frames';
import type { Engine, EngineEvent } from '../sync/engine';
import { entriesOfList } from '../sync/outbox';
import { optimisticName, optimisticRows } from '../sync/optimistic-view';

/** A list of the user, as the overview shows it. */
export interface ListOverview {
  id: string;
  name: string;
  lastInteraction: string;
  openCount: number;
  totalCount: number;
  members: readonly Member[];
  role: Role;
}

/** How many lists are watched at once. The server allows 200 topics. */
const MAX_WATCHED_LISTS = 150;

interface Counts {
  openCount: number;
  totalCount: number;
}

const countsCache = new WeakMap<ReadonlyMap<string, ItemRow>, Counts>();

function countsOf(items: ReadonlyMap<string, ItemRow>): Counts {
  const cached = countsCache.get(items);
  if (cached) return cached;
  let openCount = 0;
  for (const { purchased } of items.values()) if (!purchased) openCount += 1;
  const counts = { openCount, totalCount: items.size };
  countsCache.set(items, counts);
  return counts;
}

/** All lists of the user, the latest first. They are updated live. */
export class Lists {
  all = $state.raw<readonly ListOverview[]>([]);
  /** False until the server has sent the lists, so that "No lists yet" is never shown too early. */
  isLoaded = $state(false);
  error = $state<string | null>(null);
  /** The API's response for each list. Null if the list is known from the socket only. */
  readonly #responses = new Map<string, ListResponse | null>();

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly currentUserId: () => number | null,
  ) {
    engine.subscribe((events) => {
      this.#onEvents(events);
    });
  }

  /** Load the lists once. Later changes arrive through the socket. */
  async load(): Promise<void> {
    try {
      for (const list of await this.api.getLists()) this.#responses.set(list.id, list);
      this.isLoaded = true;
      this.error = null;
    } catch (error) {
      if (!this.isLoaded) this.error = messageOf(error);
    }
    this.#watchLatest();
    this.#rebuild();
  }

  async create(name: string): Promise<string> {
    const created = await this.api.createList(uuid(), name);
    this.#responses.set(created.id, created);
    this.#watchLatest();
    this.#rebuild();
    return created.id;
  }

  rename(id: string, name: string): void {
    this.engine.submit({ type: 'rename', list: id, name }, name);
  }

  async remove(id: string): Promise<void> {
    await this.api.deleteList(id);
    this.#dropList(id);
  }

  /** Restore a deleted list from the trash. */
  async restore(id: string): Promise<void> {
    await this.api.restoreList(id);
    await this.load();
  }

  async leave(id: string): Promise<void> {
    const userId = this.currentUserId();
    if (userId === null) return;
    await this.api.removeMember(id, userId);
    this.#dropList(id);
  }

  /** Discard all data, because the user signed out. */
  clear(): void {
    this.#responses.clear();
    this.all = [];
    this.isLoaded = false;
  }

  #onEvents(events: readonly EngineEvent[]): void {
    for (const event of events) this.#onEvent(event);
    if (events.some(({ kind }) => kind !== 'sample')) this.#rebuild();
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') this.clear();
    else if (event.kind === 'welcome') this.#reconcile(event.frame.lists.map(({ id }) => id));
    else if (event.kind === 'joined') this.#addList(event.list.id);
    else if (event.kind === 'left') this.#dropList(event.list);
    else if (event.kind === 'closed' && event.reason !== 'too many')
      this.#dropList(listIdOf(event.topic) ?? '');
  }

  /** Add and drop lists, so that they are the lists that the server sent. */
  #reconcile(ids: readonly string[]): void {
    this.isLoaded = true;
    const knownIds = new Set(ids);
    for (const id of this.#responses.keys()) if (!knownIds.has(id)) this.#dropList(id);
    for (const id of ids) if (!this.#responses.has(id)) this.#responses.set(id, null);
    this.#watchLatest();
  }

  #addList(id: string): void {
    if (!this.#responses.has(id)) this.#responses.set(id, null);
    this.engine.watch(listTopic(id));
  }

  #dropList(id: string): void {
    // The topic stays watched: the server ends it, and an open page then shows the reason.
    if (this.#responses.delete(id)) this.#rebuild();
  }

  #watchLatest(): void {
    const latest = [...this.#responses].sort(([, a], [, b]) =>
      (b?.last_interaction ?? '~') < (a?.last_interaction ?? '~') ? -1 : 1,
    );
    for (const [id] of latest.slice(0, MAX_WATCHED_LISTS)) this.engine.watch(listTopic(id));
  }

  #rebuild(): void {
    const rows = [...this.#responses].flatMap(([id, answer]) => this.#overviewOf(id, answer) ?? []);
    this.all = rows.sort((a, b) =>
      a.lastInteraction === b.lastInteraction
        ? a.id < b.id
          ? -1
          : 1
        : a.lastInteraction < b.lastInteraction
          ? 1
          : -1,
    );
  }

  #overviewOf(id: string, response: ListResponse | null): ListOverview | null {
    const { list, items } = this.engine.replica(listTopic(id));
    const row: ListRow | null = list ?? response;
    if (!row) return null;
    const edits = entriesOfList(this.engine.outbox, id);
    const counts = list
      ? edits.length === 0
        ? countsOf(items)
        : this.#optimisticCounts(id)
      : { openCount: response?.items_open ?? 0, totalCount: response?.items_total ?? 0 };
    const userId = this.currentUserId();
    return {
      id,
      name: optimisticName(row.name, edits),
      lastInteraction: row.last_interaction,
      members: row.members,
      role: row.members.find((member) => member.id === userId)?.role ?? 'viewer',
      ...counts,
    };
  }

  /** The counts with the user's own edits applied. */
  #optimisticCounts(id: string): Counts {
    const { items } = this.engine.replica(listTopic(id));
    const rows = optimisticRows(items, entriesOfList(this.engine.outbox, id), null);
    const openCount = rows.reduce((sum, { item }) => sum + (item.purchased ? 0 : 1), 0);
    return { openCount, totalCount: rows.length };
  }
}
