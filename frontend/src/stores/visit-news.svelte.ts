import type { Clock } from '../net/clock';
import type { Change, ItemRow } from '../protocol/frames';
import { listTopic } from '../protocol/topic';
import type { EngineEvent } from '../sync/engine';
import { changedRows } from '../sync/replica';
import type { OpenList } from './open-list.svelte';

/** What others changed between the last visit and this one. */
export interface News {
  count: number;
  /** When the user was here before. */
  since: string;
}

/** The time in which the list catches up after it was opened, in milliseconds. */
export const SETTLE_TIME = 1500;
/** A user who comes back after this time begins another visit, in milliseconds. */
export const PAUSE_BETWEEN_VISITS = 5 * 60_000;

/**
 * Marks what others have changed since the user's last visit, until the end of this one.
 *
 * What the user changes loses its mark.
 */
export class VisitNews {
  /** Null if there is nothing, or if the user has seen it. */
  news = $state.raw<News | null>(null);
  readonly #topic: string;
  #ownChanges = 0;
  #isStarted = false;
  #cancelSettling: (() => void) | null = null;
  #hidden: { at: number; version: number } | null = null;

  constructor(
    private readonly list: OpenList,
    private readonly clock: Clock,
    private readonly userId: () => number | null,
  ) {
    this.#topic = listTopic(list.id);
  }

  start(): () => void {
    const unsubscribe = this.list.engine.subscribe((events) => {
      for (const event of events) this.#onEvent(event);
    });
    this.#begin();
    return () => {
      unsubscribe();
      this.#cancelSettling?.();
    };
  }

  dismiss(): void {
    this.news = null;
  }

  /** The page is shown again, or hidden. */
  setVisible(isVisible: boolean): void {
    const { version, epoch } = this.#replica;
    const hidden = this.#hidden;
    this.#hidden = isVisible ? null : { at: this.clock.now(), version };
    if (!isVisible || !hidden || epoch === null) return;
    if (this.clock.now() - hidden.at < PAUSE_BETWEEN_VISITS) return;
    const at = new Date(hidden.at + this.list.engine.clockOffset).toISOString();
    this.list.lastVisit = { epoch, version: hidden.version, at };
    this.#isStarted = false;
    this.#begin();
  }

  get #replica(): ReturnType<OpenList['engine']['replica']> {
    return this.list.engine.replica(this.#topic);
  }

  /** The version that the user had seen before; null if it is not known, or not of this epoch. */
  get #seenVersion(): number | null {
    const { lastVisit } = this.list;
    return lastVisit && lastVisit.epoch === this.#replica.epoch ? lastVisit.version : null;
  }

  /** Begin once the list and the last visit are known. */
  #begin(): void {
    if (this.#isStarted || this.#replica.epoch === null || this.list.lastVisit === undefined)
      return;
    this.#isStarted = true;
    this.#ownChanges = 0;
    this.#markAll();
    this.#cancelSettling?.();
    this.#cancelSettling = this.clock.schedule(SETTLE_TIME, () => {
      const seen = this.#seenVersion;
      const count = seen === null ? 0 : this.#replica.version - seen - this.#ownChanges;
      const { lastVisit } = this.list;
      this.news = lastVisit && count > 0 ? { count, since: lastVisit.at } : null;
    });
  }

  #onEvent(event: EngineEvent): void {
    if (event.kind === 'welcome') this.#begin();
    if (event.kind !== 'replica' || event.topic !== this.#topic) return;
    if (!this.#isStarted) this.#begin();
    else if (!event.change) this.#markAll();
    else this.#markChanged(event.change, changedRows(event.change, event.after));
  }

  #markAll(): void {
    const seen = this.#seenVersion;
    const items = seen === null ? [] : [...this.#replica.items.values()];
    this.list.unread = new Set(
      items.filter(({ version }) => version > (seen ?? 0)).map(({ id }) => id),
    );
  }

  #markChanged(change: Change, rows: readonly ItemRow[]): void {
    const isOwn = change.actor?.id === this.userId();
    if (isOwn) this.#ownChanges += 1;
    if (this.#seenVersion === null) return;
    const unread = new Set(this.list.unread);
    for (const { id } of rows) {
      if (isOwn) unread.delete(id);
      else unread.add(id);
    }
    this.list.unread = unread;
  }
}
