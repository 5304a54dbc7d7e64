import type { Clock } from '../net/clock';

/** How long changes by other members are highlighted, in milliseconds. */
const HIGHLIGHT_TIME = 2000;

/** A new object for each change, so that a row that is changed again is highlighted anew. */
export interface Highlight {
  memberId: number;
}

/** The rows that other members just changed, in the colour of who changed them. */
export class Highlights {
  #highlights = $state.raw<ReadonlyMap<string, Highlight>>(new Map());
  readonly #cancels = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** The highlight of an item that was just changed. */
  of(id: string): Highlight | undefined {
    return this.#highlights.get(id);
  }

  show(ids: readonly string[], memberId: number): void {
    if (ids.length === 0) return;
    const highlight = { memberId };
    this.#highlights = new Map([...this.#highlights, ...ids.map((id) => [id, highlight] as const)]);
    const cancel = this.clock.schedule(HIGHLIGHT_TIME, () => {
      this.#cancels.delete(cancel);
      this.#highlights = new Map([...this.#highlights].filter(([, one]) => one !== highlight));
    });
    this.#cancels.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
