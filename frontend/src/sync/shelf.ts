import type { Entry } from './outbox';

/** Where the outbox is kept. An IndexedDB shelf can stand here later. */
export interface Shelf {
  all(): Promise<Entry[]>;
  keep(entries: readonly Entry[]): Promise<void>;
}

/** Forgets everything with the page. */
export class MemoryShelf implements Shelf {
  #entries: Entry[] = [];

  all(): Promise<Entry[]> {
    return Promise.resolve(this.#entries);
  }

  keep(entries: readonly Entry[]): Promise<void> {
    this.#entries = [...entries];
    return Promise.resolve();
  }
}
