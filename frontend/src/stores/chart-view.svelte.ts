/** A part of the time, in seconds since 1970. */
export interface TimeRange {
  start: number;
  end: number;
}

/** The shortest range to which the charts zoom, in points. */
const MIN_POINTS = 6;
/** How far the range moves with one key, as a share of its length. */
const MOVE = 0.1;

/** What all charts of a page have in common: crosshair, moment, zoom, and whether they are tables. */
export class ChartView {
  /** The time of the crosshair in seconds since 1970; null if there is none. */
  time = $state<number | null>(null);
  /** The moment that the page shows instead of now, in seconds since 1970. */
  at = $state<number | null>(null);
  isTable = $state(false);

  #range = $state.raw<TimeRange | null>(null);
  #times: readonly number[] = [];
  #whole = $state.raw<TimeRange>({ start: 0, end: 0 });
  #step = 1;

  /** Take the times of the charts that are shown; the returned function takes them back. */
  register(times: readonly number[]): () => void {
    this.#times = times;
    return () => {
      this.#times = [];
    };
  }

  /** Take the window of which the charts can show a part. */
  setWhole(whole: TimeRange, step: number): void {
    this.#whole = whole;
    this.#step = step;
  }

  /** The part of the window to which all charts are zoomed; null if they show the whole window. */
  get range(): TimeRange | null {
    return rangeInside(this.#range, this.#whole, this.#step);
  }

  /** Show this part of the window; null: the whole window. */
  zoom(range: TimeRange | null): void {
    this.#range = range && fitted(range, this.#whole, this.#step * MIN_POINTS);
  }

  /** Make the shown part shorter or longer by a factor, around the crosshair if there is one. */
  zoomBy(factor: number): void {
    const { start, end } = this.range ?? this.#whole;
    const centre = this.time ?? this.at ?? (start + end) / 2;
    const length = (end - start) * factor;
    if (length >= this.#whole.end - this.#whole.start) this.zoom(null);
    else {
      const before = ((centre - start) / (end - start)) * length;
      this.zoom({ start: centre - before, end: centre - before + length });
    }
  }

  /** Move the shown part by a tenth of its length, forwards (1) or backwards (-1). */
  moveRange(direction: number): void {
    const range = this.range;
    if (!range) return;
    const by = (range.end - range.start) * MOVE * direction;
    this.zoom({ start: range.start + by, end: range.end + by });
  }

  /** Move the crosshair by some points. Without a crosshair, begin at the newest point. */
  move(points: number): void {
    const last = this.#times.length - 1;
    const time = this.time ?? this.at;
    const from = time === null ? null : this.#times.findLastIndex((each) => each <= time);
    const index = from === null ? last : Math.min(last, Math.max(0, from + points));
    this.time = this.#times[index] ?? null;
  }

  /** Show the moment of the crosshair instead of now. */
  freeze(): void {
    if (this.time !== null) this.at = this.time;
  }

  /** Show now again. */
  unfreeze(): void {
    this.at = null;
    this.time = null;
  }
}

/** A range inside of the window that has at least `shortest` seconds. */
export function fitted(range: TimeRange, whole: TimeRange, shortest: number): TimeRange {
  const length = Math.min(
    Math.max(shortest, range.end - range.start),
    Math.max(shortest, whole.end - whole.start),
  );
  const start = Math.max(whole.start, Math.min(range.start, whole.end - length));
  return { start, end: start + length };
}

/** What is left of a range while the window moves on; null: nothing that can be shown. */
export function rangeInside(
  range: TimeRange | null,
  whole: TimeRange,
  step: number,
): TimeRange | null {
  if (!range) return null;
  const start = Math.max(range.start, whole.start);
  const end = Math.min(range.end, whole.end);
  return end - start >= 2 * step ? { start, end } : null;
}
