import { backoffDelay } from '../net/backoff';
import type { Clock } from '../net/clock';
import type { Http } from '../net/http';
import { Problem, unreachableProblem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Change } from '../protocol/frames';
import type { Edit } from './edit';
import * as outbox from './outbox';
import type { EditResponse, OutboxEntry, Outbox } from './outbox';
import { MemoryOutbox } from './memory-outbox';
import type { Replica } from './replica';
import { isAlreadyApplied, requestOf } from './edit-request';
import type { SenderLock, TabOutbox, UserStorage } from './storage';

export interface OutboxSenderEvents {
  onChange(): void;
  onSignedOut(): void;
  /** The server responded to an edit. */
  onAcknowledged(entry: OutboxEntry, response: EditResponse): void;
}

/** The lock of a page that stores nothing: no other tab has its edits. */
const freeLock: SenderLock = {
  acquire(onHeld) {
    onHeld();
  },
  release: () => undefined,
};

/**
 * Sends the edits of the outbox one after the other, until the server has responded to each.
 *
 * Of all tabs of a browser only one sends: the one that holds the lock, which it gives back
 * when nothing waits. An edit is stored before it is sent.
 */
export class OutboxSender {
  #store: TabOutbox = new MemoryOutbox();
  #lock: SenderLock = freeLock;
  #lockState: 'none' | 'requested' | 'held' = 'none';
  #isSending = false;
  #isPaused = true;
  #failureCount = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelPrune: (() => void) | null = null;
  #delayReason: string | null = null;
  /** The versions of the changes that edits made, by op. An undo needs them. */
  readonly #changeVersions = new Map<string, number>();
  /** The lists whose creation was sent again. If that does not help, they have ended. */
  readonly #recreated = new Set<string>();
  /** The newest replica of each list: it decides which edits the view need not apply. */
  readonly #replicas = new Map<string, Replica>();

  constructor(
    private readonly http: Http,
    private readonly clock: Clock,
    private readonly events: OutboxSenderEvents,
    private readonly maxDelay?: () => number,
  ) {
    void this.#openStore();
  }

  /** The edits that the replicas do not contain, with those that were rejected. */
  get outbox(): Outbox {
    return outbox.withAliases(this.#store.current).filter((entry) => !this.#isContained(entry));
  }

  /** Why the server cannot save edits now, in its own words, null if it did not say. */
  get delayReason(): string | null {
    return this.#delayReason;
  }

  /** Whether an edit would be lost with the page. */
  isAtRisk(op: string): boolean {
    return !this.#store.isStored(op);
  }

  /** Show the edits that this browser stores, and store those of this page with them. */
  async open({ outbox: store, lock }: Pick<UserStorage, 'outbox' | 'lock'>): Promise<void> {
    const { entries } = this.#store.current;
    this.#releaseLock();
    this.#lock = lock;
    this.#store.close();
    this.#store = store;
    const opening = this.#openStore();
    if (entries.length > 0) store.update((state) => outbox.joined(state, entries));
    await opening;
  }

  /** Start to send. */
  start(): void {
    this.#isPaused = false;
    this.flush();
  }

  /** Stop sending, and keep all edits. */
  pause(): void {
    this.#isPaused = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#releaseLock();
  }

  /** Show no edits any more. What is stored stays there. */
  close(): void {
    this.pause();
    this.#cancelPrune?.();
    this.#cancelPrune = null;
    this.#changeVersions.clear();
    this.#replicas.clear();
    this.#delayReason = null;
    this.#store.close();
    this.#store = new MemoryOutbox();
    this.#lock = freeLock;
    void this.#openStore();
    this.events.onChange();
  }

  enqueue(edit: Edit, label: string): string {
    const op = uuid();
    // A browser cannot store the proxies of a component's state. Edits are sent as JSON anyway.
    const plain = JSON.parse(JSON.stringify(edit)) as Edit;
    const entry = { op, edit: plain, label, createdAt: this.clock.now() };
    this.#store.update((state) => outbox.queued(state, entry));
    this.flush();
    return op;
  }

  changeVersionOf(op: string): number | null {
    return this.#changeVersions.get(op) ?? null;
  }

  retry(op: string): void {
    this.#updateEntries((entries) => {
      const list = entries.find((entry) => entry.op === op)?.edit.list ?? '';
      const rows = this.#replicas.get(list)?.items;
      return outbox.retried(entries, op, (id) => !rows || rows.has(id));
    });
    this.flush();
  }

  discard(op: string): void {
    this.#updateEntries((entries) => outbox.discarded(entries, op));
  }

  /** A list is at this version on the server: send the edits that it may have lost again. */
  resendAfter(list: string, version: number): void {
    const { entries } = this.#store.current;
    const after = outbox.resent(entries, list, version);
    if (outbox.waitingEntries(after).length === outbox.waitingEntries(entries).length) return;
    this.#updateEntries((current) => outbox.resent(current, list, version));
    this.flush();
  }

  /** The server does not know a list. If it had created it, send all of it again, but once. */
  recreate(list: string): boolean {
    const wasCreated = this.#store.current.entries.some(
      ({ edit, state }) => edit.list === list && edit.type === 'create' && state === 'acknowledged',
    );
    if (!wasCreated || this.#recreated.has(list)) return false;
    this.#recreated.add(list);
    this.#replicas.delete(list);
    this.resendAfter(list, -1);
    return true;
  }

  /** The page has a newer replica of a list. `change` is the frame that was just applied. */
  confirm(list: string, replica: Replica, change: Change | null): void {
    this.#replicas.set(list, replica);
    const { entries } = this.#store.current;
    if (entries.length === 0) return;
    if (change?.op && entries.some(({ op }) => op === change.op)) {
      const now = this.clock.now();
      this.#store.update((state) => outbox.savedByChange(state, change, now));
    } else if (entries.some(({ edit }) => edit.list === list)) this.events.onChange();
    this.#schedulePrune();
  }

  /** Read what other tabs stored while this one slept. */
  async reload(): Promise<void> {
    await this.#store.reload();
  }

  /** Send waiting edits now, without waiting for the retry timer. */
  flush(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#work();
  }

  #openStore(): Promise<void> {
    return this.#store.open((isShown) => {
      this.#onStoreChange(isShown);
    });
  }

  #isContained(entry: OutboxEntry): boolean {
    const replica = this.#replicas.get(entry.edit.list);
    return replica !== undefined && outbox.isContained(entry, replica);
  }

  #updateEntries(change: (entries: Outbox) => Outbox): void {
    this.#store.update((state) => ({ ...state, entries: change(state.entries) }));
  }

  #onStoreChange(isShown: boolean): void {
    for (const { op, changeVersion } of this.#store.current.entries) {
      if (changeVersion !== null) this.#changeVersions.set(op, changeVersion);
    }
    if (isShown) this.events.onChange();
    this.#work();
  }

  /** Get the lock if edits can be sent, send them, and give the lock back. */
  #work(): void {
    if (this.#isPaused || this.#isSending || this.#cancelRetry) return;
    if (!outbox.canSend(this.#store.current.entries)) this.#releaseLock();
    else if (this.#lockState === 'none') this.#acquireLock();
    else if (this.#lockState === 'held') this.#workWithLock();
  }

  #workWithLock(): void {
    const { entries } = this.#store.current;
    // A tab that was closed, or lost the lock, left what it was sending.
    if (entries.some(({ state }) => state === 'sending')) this.#updateEntries(outbox.released);
    else if (this.#nextEntry()) void this.#sendWaiting();
  }

  #acquireLock(): void {
    this.#lockState = 'requested';
    this.#lock.acquire(
      () => {
        this.#onLockHeld();
      },
      () => {
        this.#lockState = 'none';
        this.#work();
      },
    );
  }

  #onLockHeld(): void {
    if (this.#lockState !== 'requested') return;
    this.#lockState = 'held';
    this.#work();
  }

  #releaseLock(): void {
    if (this.#lockState === 'none') return;
    this.#lockState = 'none';
    this.#lock.release();
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    try {
      let entry = this.#nextEntry();
      while (entry && !this.#isPaused && this.#lockState === 'held') {
        await this.#send(entry);
        if (this.#cancelRetry) return;
        entry = this.#nextEntry();
      }
    } finally {
      this.#isSending = false;
    }
    this.#work();
  }

  /** The oldest waiting edit, once it is stored. */
  #nextEntry(): OutboxEntry | null {
    const entry = outbox.nextWaiting(this.#store.current.entries);
    return entry && !this.#store.isUnwritten(entry.op) ? entry : null;
  }

  async #send(entry: OutboxEntry): Promise<void> {
    this.#updateEntries((entries) => outbox.sending(entries, entry.op));
    try {
      this.#onResponse(entry, await this.http<EditResponse | null>(requestOf(entry)));
    } catch (error) {
      this.#onProblem(entry, error instanceof Problem ? error : unreachableProblem());
    }
  }

  #onResponse(entry: OutboxEntry, response: EditResponse | null): void {
    this.#failureCount = 0;
    this.#delayReason = null;
    const conflictOps = response?.results?.map(uuid) ?? [];
    const knownVersion = this.#replicas.get(entry.edit.list)?.version;
    const at = { now: this.clock.now(), conflictOps, knownVersion };
    this.#store.update((state) => outbox.acknowledged(state, entry.op, response ?? {}, at));
    this.events.onAcknowledged(entry, response ?? {});
    this.#schedulePrune();
  }

  #onProblem(entry: OutboxEntry, problem: Problem): void {
    this.#delayReason = problem.code === 'database_unavailable' ? problem.message : null;
    if (isAlreadyApplied(entry, problem)) {
      this.#onResponse(entry, null);
    } else if (problem.isFinal) {
      this.#failureCount = 0;
      this.#updateEntries((entries) => outbox.rejected(entries, entry.op, problem.message));
    } else {
      if (problem.isSignedOut) this.#isPaused = true;
      else this.#scheduleRetry(problem.retryAfter);
      this.#updateEntries((entries) => outbox.failed(entries, entry.op));
      if (problem.isSignedOut) this.#pauseForSignIn();
    }
  }

  #pauseForSignIn(): void {
    this.pause();
    this.events.onSignedOut();
  }

  #scheduleRetry(seconds: number | null): void {
    const delay =
      seconds === null
        ? backoffDelay(this.#failureCount, () => this.clock.random(), this.maxDelay?.())
        : seconds * 1000;
    this.#failureCount += 1;
    this.#cancelRetry = this.clock.schedule(delay, () => {
      this.flush();
    });
  }

  /** Remove the edits that every tab has seen by then. */
  #schedulePrune(): void {
    this.#cancelPrune ??= this.clock.schedule(outbox.ACKNOWLEDGED_RETENTION, () => {
      this.#cancelPrune = null;
      const now = this.clock.now();
      const ops = this.#store.current.entries.filter((entry) => this.#isContained(entry));
      const contained = new Set(ops.map(({ op }) => op));
      this.#store.update((state) => outbox.pruned(state, now, ({ op }) => contained.has(op)));
      if (this.#store.current.entries.some(({ state }) => state === 'acknowledged'))
        this.#schedulePrune();
    });
  }
}
