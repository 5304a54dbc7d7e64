/** The changes of a list by the hours of the week, in the time zone of this device. */
export interface WeekPattern {
  /** For each day from Monday, the changes of each of its 24 hours. */
  days: readonly (readonly number[])[];
  total: number;
  /** The highest number of an hour. */
  most: number;
  /** The hour of the week with the most changes, null without a change. */
  busiest: { day: number; hour: number } | null;
}

export const DAY_NAMES = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;

/** Add up quarters of an hour, given by their starts in Unix seconds. */
export function weekPattern(quarters: readonly number[], changes: readonly number[]): WeekPattern {
  const days = DAY_NAMES.map(() => new Array<number>(24).fill(0));
  quarters.forEach((start, index) => {
    const time = new Date(start * 1000);
    const day = days[(time.getDay() + 6) % 7];
    const hour = time.getHours();
    if (day) day[hour] = (day[hour] ?? 0) + (changes[index] ?? 0);
  });
  const all = days.flat();
  const most = Math.max(0, ...all);
  const index = all.indexOf(most);
  return {
    days,
    total: all.reduce((sum, count) => sum + count, 0),
    most,
    busiest: most === 0 ? null : { day: Math.floor(index / 24), hour: index % 24 },
  };
}

/** The changes in each of `bars` equal parts of a time, given in Unix milliseconds. */
export function changesOverTime(
  quarters: readonly number[],
  changes: readonly number[],
  { from, to, bars }: { from: number; to: number; bars: number },
): number[] {
  const counts = new Array<number>(bars).fill(0);
  quarters.forEach((start, index) => {
    // The middle of the quarter: its changes are in one bar.
    const place = ((start * 1000 + 450_000 - from) / (to - from)) * bars;
    const bar = Math.min(bars - 1, Math.floor(place));
    if (bar >= 0) counts[bar] = (counts[bar] ?? 0) + (changes[index] ?? 0);
  });
  return counts;
}
