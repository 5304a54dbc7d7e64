import type { Clock } from './clock';

/** Decides that a wire is dead because nothing has been heard for too long. */
export class Watchdog {
  #cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onTimeout: () => void,
  ) {}

  /** Something was heard, or is expected: allow this long until the next. */
  restart(milliseconds: number): void {
    this.stop();
    this.#cancel = this.clock.schedule(milliseconds, this.onTimeout);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
