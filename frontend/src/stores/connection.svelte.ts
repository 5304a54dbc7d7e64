import * as m from '#messages';
import { RESTARTING } from '../protocol/close';
import type { Announcer } from './announcer.svelte';
import type { Engine } from '../sync/engine';
import { rejectedEntries, waitingEntries, type OutboxEntry } from '../sync/outbox';

/** The state of the connection to the server, and the edits that are not saved. */
export class Connection {
  status = $state<'connecting' | 'live' | 'reconnecting' | 'stopped'>('connecting');
  /** Whether the browser reports that it is online. */
  isOnline = $state(true);
  serverVersion = $state('');
  waiting = $state.raw<readonly OutboxEntry[]>([]);
  rejected = $state.raw<readonly OutboxEntry[]>([]);
  /** When the next try to reach the server begins, in Unix milliseconds, null if it waits for none. */
  nextTryAt = $state<number | null>(null);
  /** When the server sent something for the last time, in Unix milliseconds. */
  lastAnswerAt = $state<number | null>(null);
  /** Why the server cannot save the waiting edits now, in its own words. */
  delayReason = $state<string | null>(null);

  constructor(
    private readonly engine: Engine,
    private readonly announcer: Announcer | null = null,
  ) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'welcome') {
          if (this.status === 'reconnecting') this.announcer?.announce(m.connection_again());
          this.status = 'live';
          this.serverVersion = event.frame.server;
        } else if (event.kind === 'down') {
          // The session may have ended: the sign-in page says it if so, and else it connects again.
          // A restart was announced, so it is no failure unless the next try fails.
          if (event.decision === 'sign in' || event.code === RESTARTING) this.status = 'connecting';
          else {
            if (this.status !== 'reconnecting') this.announcer?.announce(m.connection_lost());
            this.status = event.decision === 'reconnect' ? 'reconnecting' : 'stopped';
          }
        } else if (event.kind === 'outbox') this.#updateEntries();
        if (event.kind === 'welcome' || event.kind === 'down') this.#updateTimes();
      }
    });
  }

  /** How many waiting edits this browser has not stored: they would be lost with the page. */
  get atRiskCount(): number {
    return this.waiting.filter(({ op }) => this.engine.isAtRisk(op)).length;
  }

  /** The browser went online or offline. If offline, check whether the connection still works. */
  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    if (!isOnline) this.engine.resume();
  }

  /** Try to reach the server now, unless it asked for a delay. */
  tryNow(): void {
    this.engine.resume();
    this.#updateTimes();
  }

  retry(entry: OutboxEntry): void {
    this.engine.retry(entry.op);
  }

  discard(entry: OutboxEntry): void {
    this.engine.discard(entry.op);
  }

  #updateTimes(): void {
    this.nextTryAt = this.engine.nextTryAt;
    this.lastAnswerAt = this.engine.lastAnswerAt;
  }

  #updateEntries(): void {
    const { outbox } = this.engine;
    this.waiting = waitingEntries(outbox);
    this.delayReason = this.engine.delayReason;
    this.rejected = rejectedEntries(outbox);
  }
}
