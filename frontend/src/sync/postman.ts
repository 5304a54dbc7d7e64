import { backoff } from '../net/backoff';
import type { Clock } from '../net/clock';
import type { Http } from '../net/http';
import { Problem, unreachable } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Change } from '../protocol/types';
import type { Edit } from './edit';
import * as outbox from './outbox';
import type { Answer, Entry, Outbox } from './outbox';
import type { Replica } from './replica';
import { doneAnyway, requestOf } from './request';
import type { Shelf } from './shelf';

export interface PostmanEvents {
  changed(): void;
  signedOut(): void;
  /** An edit was answered: its list may settle it. */
  answered(list: string): void;
}

/** Sends the outbox one edit after the other, until each is answered. */
export class Postman {
  #outbox: Outbox = [];
  #busy = false;
  #paused = true;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  /** The versions of the changes that edits have made, for whoever wants to undo one. */
  #effects = new Map<string, number>();

  constructor(
    private readonly http: Http,
    private readonly clock: Clock,
    private readonly shelf: Shelf,
    private readonly events: PostmanEvents,
  ) {}

  get outbox(): Outbox {
    return this.#outbox;
  }

  /** Begin to send, with what an earlier page left behind. */
  async start(): Promise<void> {
    const kept = (await this.shelf.all()).map((entry) =>
      entry.state === 'sending' ? { ...entry, state: 'waiting' as const } : entry,
    );
    const known = new Set(this.#outbox.map(({ op }) => op));
    this.#become([...kept.filter(({ op }) => !known.has(op)), ...this.#outbox]);
    this.#paused = false;
    this.kick();
  }

  /** Stop sending; nothing is forgotten. */
  pause(): void {
    this.#paused = true;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  /** Forget everything: the person signed out. */
  clear(): void {
    this.pause();
    this.#effects.clear();
    this.#become([]);
  }

  post(edit: Edit, about: string): string {
    const op = uuid();
    this.#become(outbox.queued(this.#outbox, edit, op, about, this.clock.now()));
    this.kick();
    return op;
  }

  effectOf(op: string): number | null {
    return this.#effects.get(op) ?? null;
  }

  retry(op: string): void {
    this.#become(outbox.retried(this.#outbox, op));
    this.kick();
  }

  drop(op: string): void {
    this.#become(outbox.dropped(this.#outbox, op));
  }

  settle(replica: Replica, change: Change | null): void {
    const mine = change?.op && this.#outbox.some(({ op }) => op === change.op);
    if (mine) this.#effects.set(change.op ?? '', change.version);
    const after = outbox.settled(this.#outbox, replica, change);
    if (after.length !== this.#outbox.length) this.#become(after);
  }

  /** Something changed for the better: send now, if there is anything. */
  kick(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (!this.#busy && !this.#paused) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#busy = true;
    try {
      let entry = outbox.nextOf(this.#outbox);
      while (entry && !this.#paused) {
        await this.#send(entry);
        if (this.#cancelRetry) return;
        entry = outbox.nextOf(this.#outbox);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #send(entry: Entry): Promise<void> {
    this.#become(outbox.sending(this.#outbox, entry.op));
    try {
      this.#answered(entry, await this.http<Answer | null>(requestOf(entry)));
    } catch (error) {
      this.#refused(entry, error instanceof Problem ? error : unreachable());
    }
  }

  #answered(entry: Entry, answer: Answer | null): void {
    this.#failures = 0;
    const effect = outbox.effectOf(answer ?? {});
    if (effect !== null) this.#effects.set(entry.op, effect);
    this.#become(outbox.answered(this.#outbox, entry, answer ?? {}));
    this.events.answered(entry.edit.list);
  }

  #refused(entry: Entry, problem: Problem): void {
    if (doneAnyway(entry, problem)) {
      this.#answered(entry, null);
    } else if (problem.final) {
      this.#failures = 0;
      this.#become(outbox.refused(this.#outbox, entry.op, problem.message));
    } else {
      this.#become(outbox.failed(this.#outbox, entry.op));
      if (problem.signedOut) this.#askWho();
      else this.#retryLater(problem.retryAfter);
    }
  }

  #askWho(): void {
    this.pause();
    this.events.signedOut();
  }

  #retryLater(seconds: number | null): void {
    const wait =
      seconds === null ? backoff(this.#failures, () => this.clock.random()) : seconds * 1000;
    this.#failures += 1;
    this.#cancelRetry = this.clock.after(wait, () => {
      this.kick();
    });
  }

  #become(after: Outbox): void {
    this.#outbox = after;
    void this.shelf.keep(after);
    this.events.changed();
  }
}
