import type { Api } from '../net/api';
import { messageOf, Problem } from '../net/problem';
import type { Change } from '../protocol/frames';
import { listTopic } from '../protocol/topic';
import type { Engine } from '../sync/engine';
import { isRewritten, type Replica } from '../sync/replica';
import {
  mergeEntries,
  entryFromActivity,
  entryFromChange,
  undoneVersions,
  type HistoryEntry,
} from './history-entry';

/** Why the server refused an undo: a sentence, and the reason for each row. */
export interface UndoRefusal {
  version: number;
  text: string;
  rows: readonly string[];
}

/** The changes of one list, or of one of its items, newest first. It can undo them. */
export class ListHistory {
  entries = $state.raw<readonly HistoryEntry[]>([]);
  undoneBy = $derived(undoneVersions(this.entries));
  /** False until the first page is loaded. */
  isLoaded = $state(false);
  hasMore = $state(false);
  error = $state('');
  refusal = $state.raw<UndoRefusal | null>(null);
  /** The version that is being undone. */
  undoingVersion = $state<number | null>(null);
  #nextCursor: string | null = null;

  constructor(
    private readonly listId: string,
    private readonly api: Api,
    private readonly engine: Engine,
    /** Null: of all items. */
    private readonly item: string | null = null,
  ) {}

  /** Load the newest page. Later changes arrive through the socket. Returns a stop function. */
  start(): () => void {
    const stop = this.engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind !== 'replica' || event.topic !== listTopic(this.listId)) continue;
        if (!event.change) this.#onSnapshot(event);
        else if (this.item === null || hasItem(event.change, this.item))
          this.#add([entryFromChange(event.change, event.before)]);
      }
    });
    void this.load();
    return stop;
  }

  async load(cursor: string | null = null): Promise<void> {
    try {
      const page = await this.api.getActivityPage(this.listId, cursor, this.item);
      const name = this.engine.replica(listTopic(this.listId)).list?.name ?? '';
      const entries = page.results.map((activity) => entryFromActivity(activity, name));
      // More than a page of changes is missing: start again from the newest page.
      // The versions of the changes of one item do not say whether one is missing.
      const isNewest = cursor === null;
      const hasGap = isNewest && (this.item !== null || hasGapBetween(this.entries, entries));
      if (hasGap) this.entries = [];
      this.#add(entries);
      if (cursor !== null || hasGap || !this.isLoaded) this.#nextCursor = page.cursor;
      this.hasMore = this.#nextCursor !== null;
      this.isLoaded = true;
      this.error = '';
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  async loadOlder(): Promise<void> {
    await this.load(this.#nextCursor);
  }

  /** Undo a change, even an old one. If the server refuses, `refusal` says why. */
  async undo({ version }: HistoryEntry): Promise<void> {
    this.undoingVersion = version;
    this.refusal = null;
    try {
      const activity = await this.api.undoChange(this.listId, version);
      this.#add([entryFromActivity(activity, '')]);
    } catch (error) {
      const rows = error instanceof Problem ? error.rows : [];
      this.refusal = {
        version,
        text: messageOf(error),
        rows: rows.map(({ name, reason }) => `${name} ${reason}`.trim()),
      };
    } finally {
      this.undoingVersion = null;
    }
  }

  /** A snapshot contains no changes, so load them. */
  #onSnapshot({ before, after }: { before: Replica; after: Replica }): void {
    if (after.ended || isRewritten(before, after)) {
      this.entries = [];
      this.isLoaded = false;
    }
    void this.load();
  }

  #add(added: readonly HistoryEntry[]): void {
    this.entries = mergeEntries(this.entries, added);
  }
}

function hasGapBetween([latest]: readonly HistoryEntry[], page: readonly HistoryEntry[]): boolean {
  const oldest = page.at(-1);
  return latest !== undefined && oldest !== undefined && oldest.version > latest.version + 1;
}

function hasItem({ items, gone, patches }: Change, id: string): boolean {
  const isPatched = patches?.some(({ ids }) => ids.includes(id)) ?? false;
  return isPatched || (items ?? []).some((row) => row.id === id) || (gone ?? []).includes(id);
}
