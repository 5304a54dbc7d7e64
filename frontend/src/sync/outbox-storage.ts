import type { OutboxEntry } from './outbox';

/** Where the outbox is kept. An IndexedDB shelf can stand here later. */
export interface OutboxStorage {
  load(): Promise<OutboxEntry[]>;
  save(entries: readonly OutboxEntry[]): Promise<void>;
}

/** Forgets everything with the page. */
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
