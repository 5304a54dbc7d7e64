import type { Clock } from './clock';

/** Frames allowed at once; the server's own burst is 60. */
export const BURST = 40;

/** Sends no faster than the server allows, in order. A token bucket. */
export class Pacer<T> {
  #waiting: T[] = [];
  #tokens = BURST;
  #filled: number;
  #cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly send: (frame: T) => void,
    /** Frames a second for long, somewhat below the server's limit. */
    private readonly rate = 15,
  ) {
    this.#filled = clock.now();
  }

  push(frame: T): void {
    this.#waiting.push(frame);
    this.#drain();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = [];
  }

  #drain(): void {
    this.#refill();
    while (this.#tokens >= 1) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#tokens -= 1;
      this.send(frame);
    }
    if (this.#waiting.length > 0) this.#cancel ??= this.clock.after(1000 / this.rate, this.#again);
  }

  readonly #again = (): void => {
    this.#cancel = null;
    this.#drain();
  };

  #refill(): void {
    const now = this.clock.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filled) / 1000) * this.rate);
    this.#filled = now;
  }
}
