import type { OutboxEntry } from './outbox';

/** Stores the outbox. An implementation with IndexedDB can be added later. */
export interface OutboxStorage {
  load(): Promise<OutboxEntry[]>;
  save(entries: readonly OutboxEntry[]): Promise<void>;
}

/** Keeps the outbox in memory, so it is lost when the page is closed. */
export class MemoryOutboxStorage implements OutboxStorage {
  #entries: OutboxEntry[] = [];

  load(): Promise<OutboxEntry[]> {
    return Promise.resolve(this.#entries);
  }

  save(entries: readonly OutboxEntry[]): Promise<void> {
    this.#entries = [...entries];
    return Promise.resolve();
  }
}
