import type { Clock } from '../../src/net/clock';

/** A clock that moves only when a test advances it. */
export class ManualClock implements Clock {
  #now = 1_800_000_000_000;
  #timers: { due: number; run: () => void }[] = [];
  randomValue = 1;

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.randomValue;
  }

  schedule(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = end;
  }
}

/** Run the callbacks of promises that are already settled. */
export async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}
