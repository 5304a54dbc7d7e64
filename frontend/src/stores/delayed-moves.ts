import type { Clock } from '../net/clock';

/** How long a ticked row keeps its place, in milliseconds. Rows must not move under a finger. */
const MOVE_DELAY = 2000;

/** The rows that are ticked and still shown among the open ones, for a moment. */
export class DelayedMoves {
  readonly #delays = new Map<string, number>();
  readonly #cancels = new Set<() => void>();

  /** `onMove` is called when rows may move. */
  constructor(
    private readonly clock: Clock,
    private readonly onMove: () => void,
  ) {}

  has(id: string): boolean {
    return this.#delays.has(id);
  }

  /** Keep rows where they are. A row that is delayed already waits anew. */
  delay(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const end = this.clock.now() + MOVE_DELAY;
    for (const id of ids) this.#delays.set(id, end);
    const cancel = this.clock.schedule(MOVE_DELAY, () => {
      this.#cancels.delete(cancel);
      const ended = ids.filter((id) => this.#delays.get(id) === end);
      for (const id of ended) this.#delays.delete(id);
      if (ended.length > 0) this.onMove();
    });
    this.#cancels.add(cancel);
  }

  /** Let a row move at once. */
  release(id: string): void {
    this.#delays.delete(id);
  }

  releaseAll(): void {
    this.#delays.clear();
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
