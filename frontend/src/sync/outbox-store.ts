import type { Clock } from '../net/clock';
import { EMPTY_OUTBOX } from './outbox';
import type { OutboxStorage, TabOutbox } from './storage';
import type { OutboxChange, StoredOutbox } from './outbox';

/** How long to wait before a failed write is tried again, in milliseconds. */
export const REWRITE_DELAY = 5000;

/**
 * The outbox of one tab of a browser that stores it.
 *
 * Each change is shown at once and then written in its order, to what all tabs have stored. A
 * write that fails loses nothing: its changes stay here and are written with the next one.
 */
export class OutboxStore implements TabOutbox {
  #stored: StoredOutbox = EMPTY_OUTBOX;
  #unwritten: OutboxChange[] = [];
  #current: StoredOutbox = EMPTY_OUTBOX;
  #isOpen = true;
  #isWriting = false;
  #isFailing = false;
  #cancelRewrite: (() => void) | null = null;
  #stopListening: (() => void) | null = null;
  #onChange: (isShown: boolean) => void = () => undefined;

  constructor(
    private readonly storage: OutboxStorage,
    private readonly clock: Clock,
  ) {}

  get current(): StoredOutbox {
    return this.#current;
  }

  isStored(op: string): boolean {
    return !this.#isFailing && this.#stored.entries.some((entry) => entry.op === op);
  }

  /** Not if storing it has failed: then it is sent as long as the page is open. */
  isUnwritten(op: string): boolean {
    return !this.#isFailing && !this.isStored(op);
  }

  async open(onChange: (isShown: boolean) => void): Promise<void> {
    this.#onChange = onChange;
    this.#stopListening = this.storage.onChange(() => void this.reload());
    // It is read before anything is written, so a write that began meanwhile does not matter.
    const stored = await this.storage.read().catch(() => null);
    if (stored && this.#isOpen) this.#show(stored);
  }

  close(): void {
    this.#isOpen = false;
    this.#stopListening?.();
    this.#cancelRewrite?.();
    this.#onChange = () => undefined;
  }

  async reload(): Promise<void> {
    const stored = await this.storage.read().catch(() => null);
    // A write that began meanwhile brings what is newer.
    if (stored && this.#isOpen && !this.#isWriting) this.#show(stored);
  }

  update(change: OutboxChange): void {
    this.#unwritten.push(change);
    this.#current = change(this.#current);
    this.#onChange(true);
    void this.#write();
  }

  #show(stored: StoredOutbox): void {
    this.#stored = stored;
    const next = this.#unwritten.reduce((outbox, change) => change(outbox), stored);
    const isShown = JSON.stringify(next) !== JSON.stringify(this.#current);
    if (isShown) this.#current = next;
    this.#onChange(isShown);
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#cancelRewrite?.();
    while (this.#isOpen && this.#unwritten.length > 0) {
      const changes = [...this.#unwritten];
      const stored = await this.storage
        .update((outbox) => changes.reduce((before, change) => change(before), outbox))
        .catch(() => null);
      this.#isFailing = stored === null;
      if (!stored) break;
      this.#unwritten = this.#unwritten.slice(changes.length);
      this.#show(stored);
    }
    this.#isWriting = false;
    if (!this.#isFailing || !this.#isOpen) return;
    this.#cancelRewrite = this.clock.schedule(REWRITE_DELAY, () => void this.#write());
    this.#onChange(true);
  }
}
