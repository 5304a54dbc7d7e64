import type { Api } from '../net/api';
import { uuid } from '../net/uuid';
import { Problem } from '../net/problem';
import type { ListAnswer, Role } from '../protocol/rest';
import { listOf, topicOf } from '../protocol/topic';
import type { ItemRow, ListRow, Member } from '../protocol/types';
import type { Engine, News } from '../sync/engine';
import { editsOf } from '../sync/outbox';
import { nameOver, overlay } from '../sync/overlay';

/** One of my lists, as the overview shows it. */
export interface Overview {
  id: string;
  name: string;
  last: string;
  open: number;
  total: number;
  members: readonly Member[];
  role: Role;
}

/** How many lists are followed at once; the server allows 200 topics. */
const FOLLOWED = 150;

interface Counts {
  open: number;
  total: number;
}

const counted = new WeakMap<ReadonlyMap<string, ItemRow>, Counts>();

function countsOf(items: ReadonlyMap<string, ItemRow>): Counts {
  const known = counted.get(items);
  if (known) return known;
  let open = 0;
  for (const { purchased } of items.values()) if (!purchased) open += 1;
  const counts = { open, total: items.size };
  counted.set(items, counts);
  return counts;
}

/** All of my lists, newest first, live. */
export class Lists {
  all = $state.raw<readonly Overview[]>([]);
  /** False until the first answer, so that "no lists yet" is never a guess. */
  known = $state(false);
  problem = $state<string | null>(null);
  /** What the API said about each list; null for one that only the socket has told of. */
  readonly #told = new Map<string, ListAnswer | null>();

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly me: () => number | null,
  ) {
    engine.listen((news) => {
      this.#heard(news);
    });
  }

  /** Read the overview once; the socket keeps it true from then on. */
  async load(): Promise<void> {
    try {
      for (const list of await this.api.lists()) this.#told.set(list.id, list);
      this.known = true;
      this.problem = null;
    } catch (error) {
      if (!this.known) this.problem = error instanceof Problem ? error.message : String(error);
    }
    this.#follow();
    this.#rebuild();
  }

  async create(name: string): Promise<string> {
    const made = await this.api.createList(uuid(), name);
    this.#told.set(made.id, made);
    this.#follow();
    this.#rebuild();
    return made.id;
  }

  rename(id: string, name: string): void {
    this.engine.edit({ do: 'rename', list: id, name }, name);
  }

  async remove(id: string): Promise<void> {
    await this.api.deleteList(id);
    this.#lose(id);
  }

  /** Take a deleted list out of the trash. */
  async restore(id: string): Promise<void> {
    await this.api.restoreList(id);
    await this.load();
  }

  async leave(id: string): Promise<void> {
    const me = this.me();
    if (me === null) return;
    await this.api.removeMember(id, me);
    this.#lose(id);
  }

  /** Forget everything: the person signed out. */
  clear(): void {
    this.#told.clear();
    this.all = [];
    this.known = false;
  }

  #heard(news: readonly News[]): void {
    for (const one of news) this.#learn(one);
    if (news.some(({ kind }) => kind !== 'sample')) this.#rebuild();
  }

  #learn(one: News): void {
    if (one.kind === 'reset') this.clear();
    else if (one.kind === 'welcome') this.#agree(one.frame.lists.map(({ id }) => id));
    else if (one.kind === 'joined') this.#meet(one.list.id);
    else if (one.kind === 'left') this.#lose(one.list);
    else if (one.kind === 'over' && one.why !== 'too many') this.#lose(listOf(one.topic) ?? '');
  }

  /** The server's list of my lists: what is missing there was lost while away. */
  #agree(ids: readonly string[]): void {
    this.known = true;
    const mine = new Set(ids);
    for (const id of this.#told.keys()) if (!mine.has(id)) this.#lose(id);
    for (const id of ids) if (!this.#told.has(id)) this.#told.set(id, null);
    this.#follow();
  }

  #meet(id: string): void {
    if (!this.#told.has(id)) this.#told.set(id, null);
    this.engine.follow(topicOf(id));
  }

  #lose(id: string): void {
    // The topic is not forgotten here: the server ends it, and an open page says why.
    if (this.#told.delete(id)) this.#rebuild();
  }

  #follow(): void {
    const newest = [...this.#told].sort(([, a], [, b]) =>
      (b?.last_interaction ?? '~') < (a?.last_interaction ?? '~') ? -1 : 1,
    );
    for (const [id] of newest.slice(0, FOLLOWED)) this.engine.follow(topicOf(id));
  }

  #rebuild(): void {
    const rows = [...this.#told].flatMap(([id, answer]) => this.#overview(id, answer) ?? []);
    this.all = rows.sort((a, b) =>
      a.last === b.last ? (a.id < b.id ? -1 : 1) : a.last < b.last ? 1 : -1,
    );
  }

  #overview(id: string, answer: ListAnswer | null): Overview | null {
    const { list, items } = this.engine.replica(topicOf(id));
    const row: ListRow | null = list ?? answer;
    if (!row) return null;
    const edits = editsOf(this.engine.outbox, id);
    const counts = list
      ? edits.length === 0
        ? countsOf(items)
        : this.#countsWith(id)
      : { open: answer?.items_open ?? 0, total: answer?.items_total ?? 0 };
    const me = this.me();
    return {
      id,
      name: nameOver(row.name, edits),
      last: row.last_interaction,
      members: row.members,
      role: row.members.find((member) => member.id === me)?.role ?? 'viewer',
      ...counts,
    };
  }

  /** Counts with my own edits laid over. */
  #countsWith(id: string): Counts {
    const { items } = this.engine.replica(topicOf(id));
    const rows = overlay(items, editsOf(this.engine.outbox, id), null);
    const open = rows.reduce((sum, { item }) => sum + (item.purchased ? 0 : 1), 0);
    return { open, total: rows.length };
  }
}
