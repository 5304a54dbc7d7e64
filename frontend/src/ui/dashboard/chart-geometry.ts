/** The geometry of charts over time. Pure: times are in seconds since 1970, lengths in pixels. */

/** What a chart shows: from `start` to `end`, with a point every `step` seconds. */
export interface TimeAxis {
  start: number;
  end: number;
  step: number;
}

/** The values at the times of the chart. Null: no value is known, which is drawn as a gap. */
export type Values = readonly (number | null)[];

/** Where the values are drawn inside of the picture. */
export interface PlotArea {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A straight mapping of values to pixels. */
export type Scale = (value: number) => number;

/** If two points are further apart than this many steps, there is a gap between them. */
const MAX_STEPS = 2.5;
const NICE = [1, 2, 5, 10];
/** Seconds between two labels of the time axis. */
const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 28_800, 43_200,
  86_400, 172_800, 604_800, 1_209_600, 2_592_000,
];

export function xScale(axis: TimeAxis, area: PlotArea): Scale {
  const perSecond = area.width / Math.max(axis.end - axis.start, axis.step);
  return (time) => area.left + (time - axis.start) * perSecond;
}

/** The axis of values begins at 0. */
export function yScale(top: number, area: PlotArea): Scale {
  return (value) => area.top + area.height * (1 - value / top);
}

/** A logarithmic axis of values between two values that are above 0. Lower values are at the bottom. */
export function logScale(bottom: number, top: number, area: PlotArea): Scale {
  const perDecade = area.height / Math.log10(top / bottom);
  return (value) =>
    area.top + area.height - Math.log10(Math.max(value, bottom) / bottom) * perDecade;
}

/** The labels of a logarithmic axis: the powers of 10. */
export function logTicks(bottom: number, top: number): number[] {
  const first = Math.ceil(Math.log10(bottom) - 1e-9);
  const last = Math.floor(Math.log10(top) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number((10 ** (first + index)).toPrecision(1)),
  );
}

/** The time at a position of the pointer, inside of the axis. */
export function timeAt(x: number, axis: TimeAxis, area: PlotArea): number {
  const share = (x - area.left) / area.width;
  return axis.start + Math.min(1, Math.max(0, share)) * (axis.end - axis.start);
}

/** The labels of the axis of values: at most `count` steps from 0 to a round number. */
export function valueTicks(most: number, count: number): number[] {
  const rough = Math.max(most, Number.MIN_VALUE) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (NICE.find((nice) => nice * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const steps = Math.max(1, Math.ceil((most / step) * (1 - 1e-9)));
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The times of the labels, at round times of the day of the time zone `offset` seconds off UTC. */
export function timeTicks(axis: TimeAxis, count: number, offset: number): number[] {
  const rough = (axis.end - axis.start) / Math.max(1, count);
  const step = TIME_STEPS.find((seconds) => seconds >= rough) ?? rough;
  const first = Math.ceil((axis.start + offset) / step) * step - offset;
  const ticks: number[] = [];
  for (let time = first; time <= axis.end; time += step) ticks.push(time);
  return ticks;
}

/** The largest value of several series together; 0 if there is none. */
export function maximum(...series: readonly Values[]): number {
  return series.reduce((most, values) => {
    for (const value of values) if (value !== null && value > most) most = value;
    return most;
  }, 0);
}

/** Stack series on each other: each with the values on which it stands. A gap in one is in all. */
export function stack(series: readonly Values[]): { base: Values; top: Values }[] {
  let base: Values = series[0]?.map(() => 0) ?? [];
  return series.map((values) => {
    const below = base;
    const top = values.map((value, index) => {
      const under = below[index] ?? null;
      return value === null || under === null ? null : under + value;
    });
    base = top;
    return { base: below, top };
  });
}

/** The mean of the values of the last `seconds`, up to each time and inside of its run. */
export function movingMean(
  times: readonly number[],
  values: Values,
  seconds: number,
  step: number,
): Values {
  const means: (number | null)[] = values.map(() => null);
  for (const run of runsOf(times, values, step)) {
    let [sum, first] = [0, run.first];
    for (let index = run.first; index <= run.last; index += 1) {
      sum += values[index] ?? 0;
      while ((times[index] ?? 0) - (times[first] ?? 0) >= seconds) {
        sum -= values[first] ?? 0;
        first += 1;
      }
      means[index] = Math.max(0, sum) / (index - first + 1);
    }
  }
  return means;
}

/** The index of the point that is the nearest to a time, -1 if there is no point. */
export function nearestIndex(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [times[low - 1], times[low]];
  if (before === undefined) return times.length > 0 ? 0 : -1;
  if (after === undefined) return low - 1;
  return time - before <= after - time ? low - 1 : low;
}

/** The indexes of points that are connected: no value is missing, and no time is. */
export function runsOf(
  times: readonly number[],
  values: Values,
  step: number,
): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  let run: { first: number; last: number } | null = null;
  for (let index = 0; index < values.length; index += 1) {
    if (values[index] === null) {
      run = null;
    } else if (run && (times[index] ?? 0) - (times[index - 1] ?? 0) <= step * MAX_STEPS) {
      run.last = index;
    } else {
      run = { first: index, last: index };
      runs.push(run);
    }
  }
  return runs;
}

/** The path of a line. A point without neighbours is a short stroke, so that it is seen. */
export function linePath(
  times: readonly number[],
  values: Values,
  step: number,
  x: Scale,
  y: Scale,
): string {
  return runsOf(times, values, step)
    .map(({ first, last }) => {
      const points = pointsOf(times, values, first, last, x, y);
      return first === last ? `M${points}h1.5` : `M${points}`;
    })
    .join('');
}

/** The path of an area between two series, of which the lower one may be 0. */
export function areaPath(
  times: readonly number[],
  { base, top }: { base: Values; top: Values },
  step: number,
  x: Scale,
  y: Scale,
): string {
  return runsOf(times, top, step)
    .map(({ first, last }) => {
      const upper = pointsOf(times, top, first, last, x, y);
      const lower = pointsOf(times, base, first, last, x, y).split('L').reverse().join('L');
      return `M${upper}L${lower}Z`;
    })
    .join('');
}

/** The path of bars. Each is centred at its time; `share` is its width in steps. */
export function barPath(
  times: readonly number[],
  { base, top }: { base: Values; top: Values },
  axis: TimeAxis,
  share: number,
  x: Scale,
  y: Scale,
): string {
  let path = '';
  const width = (x(axis.start + axis.step) - x(axis.start)) * share;
  times.forEach((time, index) => {
    const [upper, lower] = [top[index] ?? null, base[index] ?? null];
    if (upper === null || lower === null || upper <= lower || time < axis.start) return;
    const left = round(x(time) - width / 2);
    path += `M${left} ${round(y(lower))}V${round(y(upper))}h${round(width)}V${round(y(lower))}Z`;
  });
  return path;
}

/** The left edge of the value box: beside the crosshair, and inside of the picture. */
export function boxLeft(x: number, width: number, pictureWidth: number): number {
  const right = x + 10;
  return Math.max(0, right + width <= pictureWidth ? right : x - 10 - width);
}

function pointsOf(
  times: readonly number[],
  values: Values,
  first: number,
  last: number,
  x: Scale,
  y: Scale,
): string {
  const points: string[] = [];
  for (let index = first; index <= last; index += 1)
    points.push(`${round(x(times[index] ?? 0))} ${round(y(values[index] ?? 0))}`);
  return points.join('L');
}

/** A tenth of a pixel is enough, and keeps the paths short. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
