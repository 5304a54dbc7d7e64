import type { Clock } from '../net/clock';

/** How long changes by other members are highlighted, in milliseconds. */
const HIGHLIGHT_TIME = 2000;

/** The rows that other members just changed, in the colour of who changed them. */
export class Highlights {
  /** Maps the id of an item to the id of the member. */
  #members = $state.raw<ReadonlyMap<string, number>>(new Map());
  readonly #cancels = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** The id of the member who just changed an item. */
  memberOf(id: string): number | undefined {
    return this.#members.get(id);
  }

  show(ids: readonly string[], memberId: number): void {
    if (ids.length === 0) return;
    this.#members = new Map([...this.#members, ...ids.map((id) => [id, memberId] as const)]);
    const cancel = this.clock.schedule(HIGHLIGHT_TIME, () => {
      this.#cancels.delete(cancel);
      this.#members = new Map([...this.#members].filter(([id]) => !ids.includes(id)));
    });
    this.#cancels.add(cancel);
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
