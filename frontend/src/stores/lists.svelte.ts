import type { CoreApi } from '../net/core-api';
import { uuid } from '../net/uuid';
import { messageOf } from '../net/problem';
import type { Role } from '../protocol/rest';
import { listIdOf, listTopic, LISTS_TOPIC } from '../protocol/topic';
import type { ItemRow, Member, OverviewRow, Person } from '../protocol/frames';
import type { Engine, EngineEvent } from '../sync/engine';
import { createdRow, creationsIn } from '../sync/created-lists';
import { entriesOfList, type Outbox } from '../sync/outbox';
import { optimisticChanges, optimisticName } from '../sync/optimistic-view';

/** What a card says beside its counts. */
interface ListNews {
  of: (list: ListOverview) => { count: string; sentence: string };
}

/** A list of the user, as the overview shows it. */
export interface ListOverview {
  id: string;
  name: string;
  lastInteraction: string;
  openCount: number;
  totalCount: number;
  members: readonly Member[];
  role: Role;
  epoch: string;
  version: number;
}

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

/** The counts of the items with the user's own edits applied. */
function countsWithEdits(items: ReadonlyMap<string, ItemRow>, edits: Outbox): Counts {
  let { openCount, totalCount } = countsOf(items);
  for (const [id, row] of optimisticChanges(items, edits, null)) {
    openCount += Number(isOpen(row?.item)) - Number(isOpen(items.get(id)));
    totalCount += Number(row !== null) - Number(items.has(id));
  }
  return { openCount, totalCount };
}

const isOpen = (item: ItemRow | undefined): boolean => item?.purchased === false;

/** All lists of the user, the latest first. The topic `lists` keeps them up to date. */
export class Lists {
  all = $state.raw<readonly ListOverview[]>([]);
  /** False until the server has sent the lists, so that "No lists yet" is never shown too early. */
  isLoaded = $state(false);
  error = $state<string | null>(null);
  /** What is new on them. Null until it is loaded. */
  news = $state.raw<ListNews | null>(null);
  #rows: ReadonlyMap<string, OverviewRow> = new Map();

  constructor(
    private readonly api: CoreApi,
    private readonly engine: Engine,
    private readonly currentUser: () => Person | null,
  ) {
    engine.subscribe((events) => {
      this.#onEvents(events);
    });
  }

  /** Load the lists. They are also loaded by request, for a page whose socket fails. */
  async load(): Promise<void> {
    this.engine.watch(LISTS_TOPIC);
    try {
      for (const list of await this.api.getLists()) this.#addRow(list);
      this.isLoaded = true;
      this.error = null;
    } catch (error) {
      if (!this.isLoaded) this.error = messageOf(error);
    }
    this.#rebuild();
  }

  /** Create a list. It can be used at once, also while the server cannot be reached. */
  create(name: string): string {
    const owner = this.currentUser();
    if (!owner) throw new Error('nobody is signed in');
    const list = uuid();
    const { id, name: ownerName } = owner;
    this.engine.submit({ type: 'create', list, name, owner: { id, name: ownerName } }, name);
    return list;
  }

  /** Discard all data, because the user signed out. */
  clear(): void {
    this.#rows = new Map();
    this.all = [];
    this.isLoaded = false;
  }

  #onEvents(events: readonly EngineEvent[]): void {
    for (const event of events) this.#onEvent(event);
    if (events.some(({ kind }) => kind !== 'sample' && kind !== 'frame')) this.#rebuild();
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') this.clear();
    else if (event.kind === 'lists') this.#replaceRows(event.rows);
    else if (event.kind === 'list') this.#rows = new Map(this.#rows).set(event.row.id, event.row);
    else if (event.kind === 'created') this.#addRow(event.row);
    else if (event.kind === 'left') this.drop(event.list);
    else if (event.kind === 'closed' && event.reason !== 'too many')
      this.drop(listIdOf(event.topic) ?? '');
  }

  #replaceRows(rows: readonly OverviewRow[]): void {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
    this.isLoaded = true;
    this.error = null;
  }

  /** Add the row of a response, unless the socket has sent a newer one. */
  #addRow(row: OverviewRow): void {
    const known = this.#rows.get(row.id);
    if (!known || known.version < row.version) this.#rows = new Map(this.#rows).set(row.id, row);
  }

  /** The user has a list no longer. */
  drop(id: string): void {
    const rows = new Map(this.#rows);
    if (!rows.delete(id)) return;
    this.#rows = rows;
    this.#rebuild();
  }

  #rebuild(): void {
    const created = creationsIn(this.engine.outbox)
      .filter(({ edit }) => !this.#rows.has(edit.list))
      .map(createdRow);
    const rows = [...this.#rows.values(), ...created].map((row) => this.#overviewOf(row));
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

  #overviewOf(row: OverviewRow): ListOverview {
    const { id } = row;
    const { list, items, version, epoch } = this.engine.replica(listTopic(id));
    const edits = entriesOfList(this.engine.outbox, id);
    // The replica of an open list is ahead of the overview, which the server sends less often.
    const isAhead = this.engine.isWatched(listTopic(id)) && version >= row.version;
    // A list that this browser has created has no position before its first snapshot.
    const isCreated = epoch === null && version === 0;
    const isReplicaShown = list !== null && (isAhead || isCreated);
    const { name, members, last_interaction: lastInteraction } = isReplicaShown ? list : row;
    const userId = this.currentUser()?.id;
    return {
      id,
      name: optimisticName(name, edits),
      lastInteraction,
      members,
      role: members.find((member) => member.id === userId)?.role ?? 'viewer',
      epoch: row.epoch,
      version: row.version,
      ...(isReplicaShown
        ? countsWithEdits(items, edits)
        : { openCount: row.items_open, totalCount: row.items_total }),
    };
  }
}
