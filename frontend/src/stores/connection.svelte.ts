import type { Announcer } from './announcer.svelte';
import type { Engine } from '../sync/engine';
import { refusedIn, waitingIn, type Entry } from '../sync/outbox';

/** How the page stands with the server: the line, and what has not been saved. */
export class Connection {
  line = $state<'connecting' | 'live' | 'reconnecting' | 'stopped'>('connecting');
  /** What the browser thinks of its network. */
  online = $state(true);
  server = $state('');
  waiting = $state.raw<readonly Entry[]>([]);
  refused = $state.raw<readonly Entry[]>([]);

  constructor(
    private readonly engine: Engine,
    private readonly announcer: Announcer | null = null,
  ) {
    engine.listen((news) => {
      for (const one of news) {
        if (one.kind === 'welcome') {
          if (this.line === 'reconnecting') this.announcer?.say('Live again');
          this.line = 'live';
          this.server = one.frame.server;
        } else if (one.kind === 'down') {
          if (this.line === 'live') this.announcer?.say('Connection lost');
          this.line = one.verdict === 'come back' ? 'reconnecting' : 'stopped';
        } else if (one.kind === 'outbox') this.#count();
      }
    });
  }

  /** The browser gained or lost its network: find out what the line is worth. */
  network(online: boolean): void {
    this.online = online;
    if (!online) this.engine.wake();
  }

  retry(entry: Entry): void {
    this.engine.retry(entry.op);
  }

  drop(entry: Entry): void {
    this.engine.drop(entry.op);
  }

  #count(): void {
    const { outbox } = this.engine;
    this.waiting = waitingIn(outbox);
    this.refused = refusedIn(outbox);
  }
}
