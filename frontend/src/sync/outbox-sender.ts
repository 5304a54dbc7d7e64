import { backoffDelay } from '../net/backoff';
import type { Clock } from '../net/clock';
import type { Http } from '../net/http';
import { Problem, unreachableProblem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Change } from '../protocol/frames';
import type { Edit } from './edit';
import * as outbox from './outbox';
import type { EditResponse, OutboxEntry, Outbox } from './outbox';
import type { Replica } from './replica';
import { isAlreadyApplied, requestOf } from './edit-request';
import type { OutboxStorage } from './outbox-storage';

export interface OutboxSenderEvents {
  onChange(): void;
  onSignedOut(): void;
  /** The server responded to an edit. */
  onAcknowledged(entry: OutboxEntry, response: EditResponse): void;
}

/** Sends the edits of the outbox one after the other, until the server has responded to each. */
export class OutboxSender {
  #outbox: Outbox = [];
  #isSending = false;
  #isPaused = true;
  #failureCount = 0;
  #cancelRetry: (() => void) | null = null;
  #delayReason: string | null = null;
  /** The versions of the changes that edits made, by op. An undo needs them. */
  #changeVersions = new Map<string, number>();

  constructor(
    private readonly http: Http,
    private readonly clock: Clock,
    private readonly storage: OutboxStorage,
    private readonly events: OutboxSenderEvents,
  ) {}

  get outbox(): Outbox {
    return this.#outbox;
  }

  /** Why the server cannot save edits now, in its own words, null if it did not say. */
  get delayReason(): string | null {
    return this.#delayReason;
  }

  /** Start to send, beginning with the edits that an earlier page stored. */
  async start(): Promise<void> {
    const stored = (await this.storage.load()).map((entry) =>
      entry.state === 'sending' ? { ...entry, state: 'waiting' as const } : entry,
    );
    const knownOps = new Set(this.#outbox.map(({ op }) => op));
    this.#setOutbox([...stored.filter(({ op }) => !knownOps.has(op)), ...this.#outbox]);
    this.#isPaused = false;
    this.flush();
  }

  /** Stop sending, and keep all edits. */
  pause(): void {
    this.#isPaused = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  /** Discard all edits, because the user signed out. */
  clear(): void {
    this.pause();
    this.#changeVersions.clear();
    this.#delayReason = null;
    this.#setOutbox([]);
  }

  enqueue(edit: Edit, label: string): string {
    const op = uuid();
    this.#setOutbox(outbox.queued(this.#outbox, edit, op, label, this.clock.now()));
    this.flush();
    return op;
  }

  changeVersionOf(op: string): number | null {
    return this.#changeVersions.get(op) ?? null;
  }

  retry(op: string): void {
    this.#setOutbox(outbox.retried(this.#outbox, op));
    this.flush();
  }

  discard(op: string): void {
    this.#setOutbox(outbox.discarded(this.#outbox, op));
  }

  /** A list is at this version on the server: send the edits that it may have lost again. */
  resendAfter(list: string, version: number): void {
    const after = outbox.resent(this.#outbox, list, version);
    if (outbox.waitingEntries(after).length === outbox.waitingEntries(this.#outbox).length) return;
    this.#setOutbox(after);
    this.flush();
  }

  confirm(replica: Replica, change: Change | null): void {
    const isOwn = change?.op && this.#outbox.some(({ op }) => op === change.op);
    if (isOwn) this.#changeVersions.set(change.op ?? '', change.version);
    const after = outbox.confirmed(this.#outbox, replica, change);
    if (after.length !== this.#outbox.length) this.#setOutbox(after);
  }

  /** Send waiting edits now, without waiting for the retry timer. */
  flush(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (!this.#isSending && !this.#isPaused) void this.#sendWaiting();
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    try {
      let entry = outbox.nextWaiting(this.#outbox);
      while (entry && !this.#isPaused) {
        await this.#send(entry);
        if (this.#cancelRetry) return;
        entry = outbox.nextWaiting(this.#outbox);
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #send(entry: OutboxEntry): Promise<void> {
    this.#setOutbox(outbox.sending(this.#outbox, entry.op));
    try {
      this.#onResponse(entry, await this.http<EditResponse | null>(requestOf(entry)));
    } catch (error) {
      this.#onProblem(entry, error instanceof Problem ? error : unreachableProblem());
    }
  }

  #onResponse(entry: OutboxEntry, response: EditResponse | null): void {
    this.#failureCount = 0;
    this.#delayReason = null;
    const version = outbox.changeVersionOf(response ?? {});
    if (version !== null) this.#changeVersions.set(entry.op, version);
    this.#setOutbox(outbox.acknowledged(this.#outbox, entry, response ?? {}, uuid));
    this.events.onAcknowledged(entry, response ?? {});
  }

  #onProblem(entry: OutboxEntry, problem: Problem): void {
    this.#delayReason = problem.code === 'database_unavailable' ? problem.message : null;
    if (isAlreadyApplied(entry, problem)) {
      this.#onResponse(entry, null);
    } else if (problem.isFinal) {
      this.#failureCount = 0;
      this.#setOutbox(outbox.rejected(this.#outbox, entry.op, problem.message));
    } else {
      this.#setOutbox(outbox.failed(this.#outbox, entry.op));
      if (problem.isSignedOut) this.#pauseForSignIn();
      else this.#scheduleRetry(problem.retryAfter);
    }
  }

  #pauseForSignIn(): void {
    this.pause();
    this.events.onSignedOut();
  }

  #scheduleRetry(seconds: number | null): void {
    const delay =
      seconds === null
        ? backoffDelay(this.#failureCount, () => this.clock.random())
        : seconds * 1000;
    this.#failureCount += 1;
    this.#cancelRetry = this.clock.schedule(delay, () => {
      this.flush();
    });
  }

  #setOutbox(outbox: Outbox): void {
    this.#outbox = outbox;
    void this.storage.save(outbox);
    this.events.onChange();
  }
}
