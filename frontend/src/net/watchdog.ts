import type { Clock } from './clock';

/** Decides that a wire is dead because nothing has been heard for too long. */
export class Watchdog {
  #cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly silent: () => void,
  ) {}

  /** Something was heard, or is expected: allow this long until the next. */
  expectWithin(milliseconds: number): void {
    this.stop();
    this.#cancel = this.clock.after(milliseconds, this.silent);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
