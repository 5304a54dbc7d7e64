import type { Sample } from '../protocol/frames';

/** If two samples are further apart than this, nothing is known of the time between. In seconds. */
const MAX_INTERVAL = 2.5;

export type Column = (number | null)[];

/** Columns for the charts: counts of each second, or rates. Null: nothing is known. */
export interface RequestSeries {
  /** In seconds since 1970, by the clock of the server. */
  times: number[];
  /** The seconds that a value is about: one, or the length of a point of a longer window. */
  step: number;
  started: Column;
  finished: Column;
  inFlight: Column;
  edits: Column;
  success: Column;
  redirects: Column;
  clientErrors: Column;
  serverErrors: Column;
  p50: Column;
  p95: Column;
  p99: Column;
  deliveryP50: Column;
  deliveryP99: Column;
  people: Column;
  /** Until then, the counts of a second are means of a longer time. Null: none is a mean. */
  meansUntil: number | null;
}

/** Convert totals to the counts of each second. Percentiles and current values stay. */
export function requestSeries(samples: readonly Sample[]): RequestSeries {
  const counts = (total: (sample: Sample) => number): Column =>
    samples.map((sample, index) => countSince(samples[index - 1], sample, total));
  const current = (value: (sample: Sample) => number | null | undefined): Column =>
    samples.map((sample) => value(sample) ?? null);
  const times = samples.map(secondsOf);
  return {
    times,
    step: stepOf(times),
    started: counts(({ started }) => started),
    finished: counts(({ finished }) => finished),
    inFlight: current((sample) => sample.in_flight),
    edits: counts(({ changes }) => changes),
    success: counts(({ status }) => (status['2xx'] ?? 0) + (status['1xx'] ?? 0)),
    redirects: counts(({ status }) => status['3xx'] ?? 0),
    clientErrors: counts(({ status }) => status['4xx'] ?? 0),
    serverErrors: counts(({ status }) => status['5xx'] ?? 0),
    p50: current((sample) => sample.latency_ms['p50']),
    p95: current((sample) => sample.latency_ms['p95']),
    p99: current((sample) => sample.latency_ms['p99']),
    deliveryP50: current((sample) => sample.delivery_ms['p50']),
    deliveryP99: current((sample) => sample.delivery_ms['p99']),
    people: current(({ people }) => people),
    meansUntil: null,
  };
}

/** How much a total rose. A total that fell is that of other processes. */
function countSince(
  before: Sample | undefined,
  sample: Sample,
  total: (sample: Sample) => number,
): number | null {
  if (!before) return null;
  const seconds = secondsOf(sample) - secondsOf(before);
  const count = total(sample) - total(before);
  return seconds > 0 && seconds <= MAX_INTERVAL && count >= 0 ? count : null;
}

/** The usual time between two samples in seconds. It is one, except on the clock of a test. */
export function stepOf(times: readonly number[]): number {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return steps.sort((a, b) => a - b)[steps.length >> 1] ?? 1;
}

/** How much was counted in a second, over the last `seconds`. Null: nothing is known of them. */
export function recentRate(
  times: readonly number[],
  column: readonly (number | null)[],
  seconds: number,
): number | null {
  const last = times.at(-1) ?? 0;
  let [sum, elapsed] = [0, 0];
  for (let index = column.length - 1; index > 0; index -= 1) {
    const [time, value] = [times[index] ?? 0, column[index] ?? null];
    if (last - time >= seconds) break;
    if (value === null) continue;
    sum += value;
    elapsed += time - (times[index - 1] ?? time);
  }
  return elapsed > 0 ? sum / elapsed : null;
}

/** The sum of the known values. */
export function sumOf(column: readonly (number | null)[]): number {
  return column.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The seconds since a column had a value above 0; null if it never had one. */
export function secondsQuiet(
  times: readonly number[],
  column: readonly (number | null)[],
): number | null {
  const last = column.findLastIndex((value) => value !== null && value > 0);
  const [then, now] = [times[last], times.at(-1)];
  return then === undefined || now === undefined ? null : now - then;
}

function secondsOf(sample: Sample): number {
  return Date.parse(sample.at) / 1000;
}
