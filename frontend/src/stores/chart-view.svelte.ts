/** What all charts of a page have in common: one crosshair, and whether they are tables. */
export class ChartView {
  /** The time of the crosshair in seconds since 1970; null if there is none. */
  time = $state<number | null>(null);
  isTable = $state(false);

  #times: readonly number[] = [];

  /** Take the times of the charts that are shown; the returned function takes them back. */
  register(times: readonly number[]): () => void {
    this.#times = times;
    return () => {
      this.#times = [];
    };
  }

  /** Move the crosshair by some points. Without a crosshair, begin at the newest point. */
  move(points: number): void {
    const last = this.#times.length - 1;
    const time = this.time;
    const from = time === null ? null : this.#times.findLastIndex((each) => each <= time);
    const index = from === null ? last : Math.min(last, Math.max(0, from + points));
    this.time = this.#times[index] ?? null;
  }
}
