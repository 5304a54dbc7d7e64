import type { Clock } from '../net/clock';
import type { SenderLock } from '../sync/storage';
import { LEASE_INTERVAL } from './lease';

/** How long a visible tab waits for the lock before it takes it, in milliseconds. */
export const STEAL_DELAY = 10_000;

/**
 * A lock of the browser: it is free again as soon as the tab is closed or crashes.
 *
 * A phone may stop a hidden tab that has the lock. So a visible tab takes it after some time.
 */
export class WebLock implements SenderLock {
  #abort: AbortController | null = null;
  #release: (() => void) | null = null;
  #cancelSteal: (() => void) | null = null;

  constructor(
    private readonly locks: LockManager,
    private readonly name: string,
    private readonly clock: Clock,
    private readonly isVisible: () => boolean,
  ) {}

  acquire(onHeld: () => void, onLost: () => void): void {
    this.#request({ onHeld, onLost }, 'wait');
  }

  release(): void {
    this.#stopWaiting();
    this.#release?.();
    this.#release = null;
  }

  #request(callbacks: { onHeld: () => void; onLost: () => void }, mode: 'wait' | 'steal'): void {
    const abort = new AbortController();
    this.#abort = abort;
    // A browser refuses a signal together with `steal`.
    const options = mode === 'wait' ? { signal: abort.signal } : { steal: true };
    const held = this.locks.request(this.name, options, () => {
      if (abort.signal.aborted) return;
      this.#cancelSteal?.();
      return new Promise<void>((resolve) => {
        this.#release = resolve;
        callbacks.onHeld();
      });
    });
    held.catch(() => {
      if (!abort.signal.aborted) callbacks.onLost();
    });
    if (mode === 'wait') this.#scheduleSteal(callbacks);
  }

  #scheduleSteal(callbacks: { onHeld: () => void; onLost: () => void }): void {
    this.#cancelSteal = this.clock.schedule(STEAL_DELAY, () => {
      if (!this.isVisible()) {
        this.#scheduleSteal(callbacks);
        return;
      }
      this.#stopWaiting();
      this.#request(callbacks, 'steal');
    });
  }

  #stopWaiting(): void {
    this.#cancelSteal?.();
    this.#cancelSteal = null;
    this.#abort?.abort();
    this.#abort = null;
  }
}

/** Takes and gives back the lease of a tab. */
export interface LeaseStore {
  /** Take or renew the lease. Resolves to false if another tab has it. */
  claim(): Promise<boolean>;
  giveUp(): Promise<void>;
}

/** The lock for plain http, where browsers have no locks: a lease that is renewed. */
export class LeaseLock implements SenderLock {
  #cancel: (() => void) | null = null;
  #isWanted = false;
  #isHeld = false;
  /** Counts requests: the answer to an earlier one does not count. */
  #request = 0;

  constructor(
    private readonly store: LeaseStore,
    private readonly clock: Clock,
  ) {}

  acquire(onHeld: () => void, onLost: () => void): void {
    this.#isWanted = true;
    this.#request += 1;
    void this.#claim(this.#request, onHeld, onLost);
  }

  release(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isWanted) void this.store.giveUp().catch(() => undefined);
    this.#isWanted = this.#isHeld = false;
    this.#request += 1;
  }

  async #claim(request: number, onHeld: () => void, onLost: () => void): Promise<void> {
    // If the lease cannot be read, two tabs may send: that does no harm, because of the ops.
    const isMine = await this.store.claim().catch(() => true);
    if (request !== this.#request) return;
    const wasHeld = this.#isHeld;
    this.#isHeld = isMine;
    if (wasHeld && !isMine) {
      this.#isWanted = false;
      onLost();
      return;
    }
    this.#cancel = this.clock.schedule(
      LEASE_INTERVAL,
      () => void this.#claim(request, onHeld, onLost),
    );
    if (isMine && !wasHeld) onHeld();
  }
}
