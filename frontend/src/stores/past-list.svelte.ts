import { messageOf, Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { ItemRow, ListRow } from '../protocol/frames';
import type { Activity, ChangeCounts } from '../protocol/rest';
import { listTopic } from '../protocol/topic';
import type { Engine } from '../sync/engine';

/** A list as it was at one version. */
export interface PastSnapshot {
  epoch: string;
  version: number;
  digest: string;
  list: ListRow;
  items: readonly ItemRow[];
}

/** How far the slider goes back, in milliseconds. */
export const MAX_AGE = 7 * 24 * 60 * 60_000;
/** A quarter of an hour, in milliseconds. */
const QUARTER = 900_000;
/** A slider moves many times in a second: only the moment at which it rests is read. */
const REST_DELAY = 150;

/** One list at a moment of the past, which its user chooses. */
export class PastList {
  /** Null until a moment was chosen and read. */
  snapshot = $state.raw<PastSnapshot | null>(null);
  counts = $state.raw<ChangeCounts | null>(null);
  isLoading = $state(false);
  error = $state('');
  /** The version of the change that put an earlier state back. */
  putBackVersion = $state<number | null>(null);
  isPuttingBack = $state(false);
  #request = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly listId: string,
    private readonly engine: Engine,
  ) {}

  /** Read how often the list was changed, and where its log begins. */
  async loadCounts(): Promise<void> {
    const path = `${this.#path}activities/counts/`;
    try {
      this.counts = await this.engine.http<ChangeCounts>({ method: 'GET', path });
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  /** Count a change that arrived while the page is open. */
  countChange({ version, at }: { version: number; at: string }): void {
    const { counts } = this;
    if (counts === null || version <= counts.version) return;
    const quarter = Math.floor(Date.parse(at) / QUARTER) * (QUARTER / 1000);
    const isNew = counts.quarters.at(-1) !== quarter;
    const quarters = isNew ? [...counts.quarters, quarter] : counts.quarters;
    const changes = isNew ? [...counts.changes, 0] : [...counts.changes];
    changes[changes.length - 1] = (changes.at(-1) ?? 0) + 1;
    this.counts = { ...counts, version, quarters, changes };
  }

  /** The oldest moment of the slider, in Unix milliseconds. */
  start(now: number): number {
    // The next whole millisecond: before its first change there is no list.
    const begins = Date.parse(this.counts?.begins_at ?? '') + 1;
    return Number.isNaN(begins) ? now - MAX_AGE : Math.max(begins, now - MAX_AGE);
  }

  /** Show the list at a moment, in Unix milliseconds; null is now. */
  show(at: number | null): void {
    this.#stopTimer();
    this.putBackVersion = null;
    if (at === null) {
      this.#request += 1;
      this.snapshot = null;
      this.isLoading = false;
      this.error = '';
      return;
    }
    this.isLoading = true;
    this.#timer = setTimeout(() => {
      void this.#read(`at=${encodeURIComponent(new Date(at).toISOString())}`);
    }, REST_DELAY);
  }

  /**
   * Show the change before or after the one that is shown.
   *
   * Resolves to its moment in Unix milliseconds, or null if there is none, or another was chosen.
   */
  async step(by: 1 | -1): Promise<number | null> {
    this.#stopTimer();
    const current = this.snapshot?.version ?? this.engine.replica(listTopic(this.listId)).version;
    if (current === 0) return null; // the list is not loaded yet
    const shown = await this.#read(`version=${current + by}`);
    // The address has milliseconds: round up, so that it is not before the change.
    return shown ? Math.ceil(microseconds(shown.list.last_interaction) / 1000) : null;
  }

  /** Whether the shown state is that of the newest version. */
  get isNewest(): boolean {
    const { version } = this.engine.replica(listTopic(this.listId));
    return this.snapshot === null || this.snapshot.version >= version;
  }

  /** Put the shown state back. The list must still be as this page shows it. */
  async putBack(): Promise<void> {
    if (!this.snapshot) return;
    const { version, digest } = this.engine.replica(listTopic(this.listId));
    const path = `${this.#path}activities/${this.snapshot.version}/put-back/`;
    const ifMatch = `"${version}-${digest ?? ''}"`;
    this.isPuttingBack = true;
    this.error = '';
    try {
      const request = { method: 'POST', path, op: uuid(), ifMatch } as const;
      this.putBackVersion = (await this.engine.http<Activity>(request)).version;
    } catch (error) {
      const hasMovedOn = error instanceof Problem && error.code === 'precondition_failed';
      this.error = hasMovedOn
        ? 'The list was changed at this moment. Look again before you put this state back.'
        : messageOf(error);
    } finally {
      this.isPuttingBack = false;
    }
  }

  /** Undo the change that put an earlier state back. */
  async undo(): Promise<void> {
    if (this.putBackVersion === null) return;
    const path = `${this.#path}activities/${this.putBackVersion}/undo/`;
    try {
      await this.engine.http<Activity>({ method: 'POST', path, op: uuid() });
      this.putBackVersion = null;
      this.error = '';
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  stop(): void {
    this.#stopTimer();
    this.#request += 1;
  }

  get #path(): string {
    return `shopping-lists/${this.listId}/`;
  }

  async #read(query: string): Promise<PastSnapshot | null> {
    this.#request += 1;
    const request = this.#request;
    this.isLoading = true;
    try {
      const path = `${this.#path}snapshot/?${query}`;
      const snapshot = await this.engine.http<PastSnapshot>({ method: 'GET', path });
      if (request !== this.#request) return null;
      this.snapshot = snapshot;
      this.error = '';
      return snapshot;
    } catch (error) {
      if (request === this.#request) this.error = messageOf(error);
      return null;
    } finally {
      if (request === this.#request) this.isLoading = false;
    }
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Unix microseconds of a time: `Date` has milliseconds only. */
function microseconds(time: string): number {
  const fraction = /\.(\d{1,6})/.exec(time)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(time) / 1000);
  return seconds * 1e6 + Number(fraction.padEnd(6, '0'));
}
