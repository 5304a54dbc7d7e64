import { timesOf, type WindowPoints } from './request-window.svelte';
import type { Column, RequestSeries } from './request-series';

/** The durations of each point, in rows of a logarithmic scale. */
export interface HeatMap {
  /** The middle of each point, in seconds since 1970. */
  times: readonly number[];
  /** The length of a point in seconds. */
  step: number;
  /** The upper bounds of the rows in ms, lowest first; one more row has everything above. */
  bounds: readonly number[];
  /** For each point: its first row that is not empty, then the counts from this row upwards. */
  cells: readonly (readonly number[])[];
  /** Percentiles of all durations of each point in ms. */
  p50: Column;
  p95: Column;
  p99: Column;
}

/** The columns of a window as rates for each second, at the middle of each point. */
export function windowSeries(window: WindowPoints): RequestSeries {
  const starts = timesOf(window);
  const { step, end } = window;
  const rate = (...names: string[]): Column => {
    const columns = names.map((name) => column(window, name));
    return starts.map((start, index) => {
      const count = columns.reduce((sum, values) => sum + (values[index] ?? 0), 0);
      return count / lengthOf(start, step, end);
    });
  };
  return {
    times: middles(window),
    step,
    started: rate('started'),
    finished: rate('finished'),
    inFlight: column(window, 'in_flight'),
    edits: rate('changes'),
    success: rate('2xx', '1xx'),
    redirects: rate('3xx'),
    clientErrors: rate('4xx'),
    serverErrors: rate('5xx'),
    p50: column(window, 'latency_ms.p50'),
    p95: column(window, 'latency_ms.p95'),
    p99: column(window, 'latency_ms.p99'),
    deliveryP50: column(window, 'delivery_ms.p50'),
    deliveryP99: column(window, 'delivery_ms.p99'),
    people: column(window, 'people'),
    meansUntil: null,
  };
}

/** A heat map of a window: of the responses, or of the changes on their way to the screens. */
export function heatMapOf(window: WindowPoints, prefix: 'latency_ms' | 'delivery_ms'): HeatMap {
  return {
    times: middles(window),
    step: window.step,
    bounds: window.heat_bounds_ms,
    cells: (window.columns[`${prefix}.heat`] ?? []) as number[][],
    p50: column(window, `${prefix}.p50`),
    p95: column(window, `${prefix}.p95`),
    p99: column(window, `${prefix}.p99`),
  };
}

/**
 * Put the seconds from `from` on before the first sample: those from before a restart.
 *
 * Each of these seconds has the mean of its point of the window.
 */
export function withEarlier(
  series: RequestSeries,
  window: WindowPoints | null,
  from: number,
): RequestSeries {
  if (!window) return series;
  const first = series.times[0] ?? window.end;
  const points = windowSeries(window);
  const indexes: number[] = [];
  const times: number[] = [];
  timesOf(window).forEach((start, index) => {
    // A sample has the time at which its second ends.
    for (let time = start + 1; time <= start + window.step; time += 1) {
      if (time < from || time > Math.min(first - 0.5, window.end)) continue;
      times.push(time);
      indexes.push(index);
    }
  });
  // The highest value of a point is not that of each of its seconds.
  points.inFlight = points.inFlight.map(() => null);
  const joined = (name: ColumnName): Column => [
    ...indexes.map((index) => points[name][index] ?? null),
    ...series[name],
  ];
  return {
    ...(Object.fromEntries(COLUMNS.map((name) => [name, joined(name)])) as Record<
      ColumnName,
      Column
    >),
    times: [...times, ...series.times],
    step: series.step,
    meansUntil: times.at(-1) ?? null,
  };
}

/** The part of the columns between two times, with one more point at each end for the lines. */
export function seriesBetween(series: RequestSeries, start: number, end: number): RequestSeries {
  const [from, to] = indexesBetween(series.times, start, end);
  const columns = COLUMNS.map((name) => [name, series[name].slice(from, to)] as const);
  return {
    ...(Object.fromEntries(columns) as Record<ColumnName, Column>),
    times: series.times.slice(from, to),
    step: series.step,
    meansUntil: series.meansUntil,
  };
}

/** The part of a heat map between two times. */
export function heatMapBetween(heat: HeatMap, start: number, end: number): HeatMap {
  const [from, to] = indexesBetween(heat.times, start, end);
  return {
    ...heat,
    times: heat.times.slice(from, to),
    cells: heat.cells.slice(from, to),
    p50: heat.p50.slice(from, to),
    p95: heat.p95.slice(from, to),
    p99: heat.p99.slice(from, to),
  };
}

const COLUMNS = [
  'started',
  'finished',
  'inFlight',
  'edits',
  'success',
  'redirects',
  'clientErrors',
  'serverErrors',
  'p50',
  'p95',
  'p99',
  'deliveryP50',
  'deliveryP99',
  'people',
] as const satisfies readonly (keyof RequestSeries)[];
type ColumnName = (typeof COLUMNS)[number];

function indexesBetween(times: readonly number[], start: number, end: number): [number, number] {
  const first = times.findIndex((time) => time >= start);
  const last = times.findLastIndex((time) => time <= end);
  return first < 0 || last < first ? [0, 0] : [Math.max(0, first - 1), last + 2];
}

function column(window: WindowPoints, name: string): Column {
  return (window.columns[name] ?? timesOf(window).map(() => null)) as Column;
}

function middles(window: WindowPoints): number[] {
  return timesOf(window).map((start) => start + window.step / 2);
}

/** The seconds that a point has counted so far. */
function lengthOf(start: number, step: number, end: number): number {
  return Math.max(1, Math.min(step, end - start));
}
