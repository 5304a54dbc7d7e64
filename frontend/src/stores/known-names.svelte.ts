import type { Clock } from '../net/clock';
import type { NameApi } from '../net/name-api';
import type { ItemRow } from '../protocol/frames';
import { listIdOf, listTopic } from '../protocol/topic';
import type { Engine, EngineEvent } from '../sync/engine';
import {
  countedName,
  mergedName,
  nameOfRow,
  nameOfSuggestion,
  usesOfChange,
  type KnownName,
} from '../sync/known-name';
import { matchingNames } from '../sync/name-matching';
import { NameWriter } from '../sync/name-writer';
import { RankedNames } from '../sync/ranked-names';
import { NO_NAME_RECORD } from '../sync/storage';
import { NameDecisions } from './name-decisions';

/** How long the names of the server are current, in milliseconds. */
const FETCH_INTERVAL = 6 * 60 * 60 * 1000;

/** The pause in typing before the server is asked, in milliseconds. */
const SEARCH_DELAY = 150;

/** How many names are learned at once, so that no task is long. */
const NAMES_AT_ONCE = 200;

/** How many names are kept. Those of the lowest rank are dropped. */
const MAX_NAMES = 6000;

/** What the names need of the rest of the app. */
export interface KnownNamesDependencies {
  engine: Engine;
  api: NameApi;
  clock: Clock;
  isLive: () => boolean;
  /** The lists that this page may have a copy of. */
  listIds: () => readonly string[];
  whenIdle: (task: () => void) => void;
}

/**
 * The names that the user put on lists before, from the lists in this browser and from the server.
 *
 * They are stored, so that they are suggested without the server too.
 */
export class KnownNames {
  /** Counts how often the names have changed, for what shows some of them. */
  version = $state(0);
  readonly #names = new RankedNames();
  readonly #decisions: NameDecisions;
  readonly #writer: NameWriter;
  /** Null until `open`, and again after the user has signed out. */
  #opening: Promise<void> | null = null;
  #cancelSearch: (() => void) | null = null;
  readonly #searched = new Set<string>();
  #isFetching = false;

  constructor(private readonly app: KnownNamesDependencies) {
    const { engine, api, clock } = app;
    const storage = () => engine.names;
    this.#decisions = new NameDecisions(api, storage, () => (this.version += 1));
    this.#writer = new NameWriter(storage, (key) => this.#names.get(key), clock);
    engine.subscribe((events) => {
      for (const event of events) this.#onEvent(event);
    });
  }

  /** Read what is stored, and ask the server in idle time. It may be called again. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { engine, listIds } = this.app;
    const { names } = engine;
    const stored = await names?.read().catch(() => null);
    if (names !== engine.names) return;
    if (stored) {
      this.#names.changeMany(() => {
        for (const name of stored.names) this.#names.set(name);
      });
      this.#decisions.set(stored.record);
    }
    this.version += 1;
    this.#sortInIdleTime();
    for (const list of listIds()) this.#learnList(list, engine.replica(listTopic(list)).items);
    this.#goOnline();
  }

  /** Names that match one of these texts, the most probable first. */
  search(texts: readonly string[], limit: number): readonly KnownName[] {
    return matchingNames(this.#names.inOrder(), texts, limit, (key) => this.#decisions.has(key));
  }

  /** All names that may be suggested. */
  get suggested(): KnownName[] {
    return [...this.#names.values()].filter(({ key }) => !this.#decisions.has(key));
  }

  /** Whether an item had this name before. It may be one that is not suggested. */
  has(key: string): boolean {
    // With the version, a component asks again when more names are known.
    return this.version >= 0 && this.#names.get(key) !== undefined;
  }

  /** After a pause in typing, ask the server for names that this browser does not know. */
  ask(text: string): void {
    this.stopAsking();
    if (text === '' || !this.app.isLive() || this.#searched.has(text)) return;
    this.#cancelSearch = this.app.clock.schedule(SEARCH_DELAY, () => void this.#ask(text));
  }

  stopAsking(): void {
    this.#cancelSearch?.();
    this.#cancelSearch = null;
  }

  async #ask(text: string): Promise<void> {
    const opening = this.#opening;
    const results = this.app.isLive() ? await this.app.api.search(text).catch(() => null) : null;
    if (!results || opening !== this.#opening) return;
    this.#searched.add(text);
    for (const row of results) this.#take(nameOfSuggestion(row));
    this.version += 1;
  }

  /** Learn the name of a row that the server may not have yet. */
  learn(list: string, row: ItemRow): void {
    this.#take(nameOfRow(row, list));
    this.version += 1;
  }

  /** Suggest a name no more, or again. */
  async decide(name: string, isForgotten: boolean): Promise<void> {
    await this.#decisions.decide({ name, isForgotten });
    await this.#decisions.send(this.app.isLive);
  }

  /** The names that are not suggested, as far as they are known here. */
  get forgotten(): readonly string[] {
    return this.version >= 0 ? this.#decisions.record.forgotten : [];
  }

  /** Read the forgotten names of the server: another device may have forgotten more. */
  async readForgotten(): Promise<void> {
    await this.open();
    const opening = this.#opening;
    const forgotten = await this.app.api.getForgotten().catch(() => null);
    if (!forgotten || opening !== this.#opening) return;
    await this.#decisions.replace(forgotten, this.#decisions.record.tag);
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'reset') this.#clear();
    if (this.#opening === null) return;
    if (event.kind === 'welcome') this.#goOnline();
    else if (event.kind === 'lists') this.#keepOnly(new Set(event.rows.map(({ id }) => id)));
    else if (event.kind === 'left') this.#drop(({ list }) => list === event.list);
    else if (event.kind === 'replica') this.#onReplica(event);
  }

  #onReplica({ topic, change, before, after }: EngineEvent & { kind: 'replica' }): void {
    const list = listIdOf(topic);
    if (list === null) return;
    if (!change) {
      this.#learnList(list, after.items);
      return;
    }
    for (const use of usesOfChange(list, change, before, after))
      this.#put(countedName(this.#names.get(use.row.key), use));
    this.version += 1;
  }

  #learnList(list: string, items: ReadonlyMap<string, ItemRow>): void {
    void this.#learnInIdleTime([...items.values()], (row) => nameOfRow(row, list));
  }

  /** Learn many names, a part in each idle moment. Resolves to false if the user signs out. */
  async #learnInIdleTime<Row>(
    rows: readonly Row[],
    nameOf: (row: Row) => KnownName,
  ): Promise<boolean> {
    const opening = this.#opening;
    for (let start = 0; start < rows.length; start += NAMES_AT_ONCE) {
      await new Promise<void>((resolve) => {
        this.app.whenIdle(resolve);
      });
      if (opening !== this.#opening) return false;
      this.#names.changeMany(() => {
        for (const row of rows.slice(start, start + NAMES_AT_ONCE)) this.#take(nameOf(row));
      });
      this.version += 1;
    }
    this.#dropLowest();
    this.#sortInIdleTime();
    return true;
  }

  /** So that the next search does not have to. */
  #sortInIdleTime(): void {
    this.app.whenIdle(() => this.#names.inOrder());
  }

  /** Take in what else is known of a name. */
  #take(name: KnownName): void {
    const known = this.#names.get(name.key);
    this.#put(known ? mergedName(known, name) : name);
  }

  #put(name: KnownName): void {
    if (this.#names.set(name)) this.#writer.note(name.key);
  }

  /** The names of lists that are not those of the user any more are not shown to them. */
  #keepOnly(lists: ReadonlySet<string>): void {
    const edited = new Set(this.app.engine.outbox.map(({ edit }) => edit.list));
    this.#drop(({ list }) => !lists.has(list) && !edited.has(list));
  }

  #drop(isDropped: (name: KnownName) => boolean): void {
    const dropped = [...this.#names.values()].filter(isDropped);
    if (dropped.length === 0) return;
    this.#remove(dropped);
    // The names may be on other lists too: the server knows.
    void this.#decisions.update((record) => ({ ...record, tag: null, fetchedAt: 0 }));
  }

  #dropLowest(): void {
    if (this.#names.size > MAX_NAMES) this.#remove(this.#names.inOrder().slice(MAX_NAMES));
  }

  #remove(names: readonly KnownName[]): void {
    this.#names.changeMany(() => {
      for (const { key } of names) {
        this.#names.delete(key);
        this.#writer.note(key);
      }
    });
    this.version += 1;
  }

  #goOnline(): void {
    if (!this.app.isLive()) return;
    void this.#decisions.send(this.app.isLive);
    const age = this.app.clock.now() - this.#decisions.record.fetchedAt;
    // A clock that was set back does not keep old names for longer.
    if (age < 0 || age >= FETCH_INTERVAL) this.app.whenIdle(() => void this.#fetch());
  }

  /** Read all names of the server, unless they are the same as before. */
  async #fetch(): Promise<void> {
    if (this.#isFetching || !this.app.isLive()) return;
    this.#isFetching = true;
    const opening = this.#opening;
    try {
      const { api, clock } = this.app;
      const fetchedAt = clock.now();
      const answer = await api.getAll(this.#decisions.record.tag);
      const forgotten = answer ? await api.getForgotten() : null;
      if (opening !== this.#opening) return;
      if (answer && forgotten) {
        if (!(await this.#learnInIdleTime(answer.results, nameOfSuggestion))) return;
        // The tag says that the names are stored.
        await this.#writer.flush();
        await this.#decisions.replace(forgotten, answer.tag);
      }
      await this.#decisions.update((record) => ({ ...record, fetchedAt }));
    } catch {
      // The server is asked again after the next welcome.
    } finally {
      this.#isFetching = false;
    }
  }

  /** Another user may sign in. */
  #clear(): void {
    this.stopAsking();
    this.#writer.clear();
    this.#names.clear();
    this.#searched.clear();
    this.#decisions.set(NO_NAME_RECORD);
    this.#opening = null;
    this.version += 1;
  }
}
