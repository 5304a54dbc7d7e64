import * as m from '#messages';
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
          if (this.status === 'live') this.announcer?.announce(m.connection_lost());
          this.status = event.decision === 'reconnect' ? 'reconnecting' : 'stopped';
        } else if (event.kind === 'outbox') this.#updateEntries();
      }
    });
  }

  /** The browser went online or offline. If offline, check whether the connection still works. */
  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    if (!isOnline) this.engine.resume();
  }

  retry(entry: OutboxEntry): void {
    this.engine.retry(entry.op);
  }

  discard(entry: OutboxEntry): void {
    this.engine.discard(entry.op);
  }

  #updateEntries(): void {
    const { outbox } = this.engine;
    this.waiting = waitingEntries(outbox);
    this.delayReason = this.engine.delayReason;
    this.rejected = rejectedEntries(outbox);
  }
}
