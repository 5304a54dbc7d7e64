/** What all charts of a page have in common: one crosshair, and whether they are tables. */
export class ChartView {
  /** The time of the crosshair in seconds since 1970; null if there is none. */
  time = $state<number | null>(null);
  isTable = $state(false);

  #times: readonly number[] = [];
  #step = 1;

  /** Take the times of the charts that are shown; the returned function takes them back. */
  register(times: readonly number[], step: number): () => void {
    [this.#times, this.#step] = [times, step];
    return () => {
      this.#times = [];
    };
  }

  /** Move the crosshair by some points. Without a crosshair, begin at the newest point. */
  move(points: number): void {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined) return;
    const time = this.time === null ? last : this.time + points * this.#step;
    this.time = Math.min(last, Math.max(first, time));
  }
}
