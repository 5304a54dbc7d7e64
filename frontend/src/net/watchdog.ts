import type { Clock } from './clock';

/** Detects a dead connection: one that has received nothing for too long. */
export class Watchdog {
  #cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onTimeout: () => void,
  ) {}

  /** Allow this much time until the next message. */
  restart(milliseconds: number): void {
    this.stop();
    this.#cancel = this.clock.schedule(milliseconds, this.onTimeout);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
