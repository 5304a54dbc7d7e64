import type { Announcer } from './announcer.svelte';
import type { Engine } from '../sync/engine';
import { rejectedEntries, waitingEntries, type OutboxEntry } from '../sync/outbox';

/** How the page stands with the server: the line, and what has not been saved. */
export class Connection {
  status = $state<'connecting' | 'live' | 'reconnecting' | 'stopped'>('connecting');
  /** What the browser thinks of its network. */
  isOnline = $state(true);
  serverVersion = $state('');
  waiting = $state.raw<readonly OutboxEntry[]>([]);
  rejected = $state.raw<readonly OutboxEntry[]>([]);

  constructor(
    private readonly engine: Engine,
    private readonly announcer: Announcer | null = null,
  ) {
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'welcome') {
          if (this.status === 'reconnecting') this.announcer?.announce('Live again');
          this.status = 'live';
          this.serverVersion = event.frame.server;
        } else if (event.kind === 'down') {
          if (this.status === 'live') this.announcer?.announce('Connection lost');
          this.status = event.decision === 'reconnect' ? 'reconnecting' : 'stopped';
        } else if (event.kind === 'outbox') this.#updateEntries();
      }
    });
  }

  /** The browser gained or lost its network: find out what the line is worth. */
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
    this.rejected = rejectedEntries(outbox);
  }
}
