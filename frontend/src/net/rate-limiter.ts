import type { Clock } from './clock';

/** How many frames may be sent at once. The server accepts 60. */
export const MAX_BURST = 40;

/** A token bucket. Sends frames in order, and no faster than the server allows. */
export class RateLimiter<T> {
  #queue: T[] = [];
  #tokens = MAX_BURST;
  #refilledAt: number;
  #cancelTimer: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly send: (frame: T) => void,
    /** Frames per second in the long run, a little below the server's limit. */
    private readonly rate = 15,
  ) {
    this.#refilledAt = clock.now();
  }

  push(frame: T): void {
    this.#queue.push(frame);
    this.#drain();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#queue = [];
  }

  #drain(): void {
    this.#refill();
    while (this.#tokens >= 1) {
      const frame = this.#queue.shift();
      if (frame === undefined) return;
      this.#tokens -= 1;
      this.send(frame);
    }
    if (this.#queue.length > 0)
      this.#cancelTimer ??= this.clock.schedule(1000 / this.rate, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#cancelTimer = null;
    this.#drain();
  };

  #refill(): void {
    const now = this.clock.now();
    this.#tokens = Math.min(
      MAX_BURST,
      this.#tokens + ((now - this.#refilledAt) / 1000) * this.rate,
    );
    this.#refilledAt = now;
  }
}
