import { EMPTY_OUTBOX } from './outbox';
import type { TabOutbox } from './storage';
import type { OutboxChange, StoredOutbox } from './outbox';

/** The outbox of a page that stores nothing: its edits go with it. */
export class MemoryOutbox implements TabOutbox {
  current: StoredOutbox = EMPTY_OUTBOX;
  #onChange: (isShown: boolean) => void = () => undefined;

  open(onChange: (isShown: boolean) => void): Promise<void> {
    this.#onChange = onChange;
    return Promise.resolve();
  }

  update(change: OutboxChange): void {
    this.current = change(this.current);
    this.#onChange(true);
  }

  reload(): Promise<void> {
    return Promise.resolve();
  }

  isStored(): boolean {
    return false;
  }

  isUnwritten(): boolean {
    return false;
  }

  close(): void {
    this.#onChange = () => undefined;
  }
}
