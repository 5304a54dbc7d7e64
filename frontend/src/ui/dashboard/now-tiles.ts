import type { ActivePerson, Sample, Verdict, WindowTotals } from '../../protocol/frames';
import { WINDOWS, type WindowName } from '../../protocol/window-topics';
import { recentRate, secondsQuiet, sumOf, type RequestSeries } from '../../stores/request-series';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatRate,
  formatSeconds,
  NO_BREAK,
  withUnit,
} from '../number-format';
import { sinceText } from './since-text';

/** One figure of the first row: what it says, and the section that explains it. */
export interface NowTile {
  key: string;
  label: string;
  value: string;
  detail: string;
  tone: 'plain' | 'quiet' | 'bad';
  seconds?: readonly number[];
  to: string;
  /** Whether it is shown on a phone too. */
  isMain: boolean;
}

type Percentiles = Readonly<Record<string, number | null>>;

/** Seconds over which a rate is averaged. */
const RATE_SECONDS = 10;
const SPARK_SECONDS = 60;
/** Answers are slow from here on, as for the verdict. In milliseconds. */
const SLOW = 500;
/** A disk that lasts for longer needs no number: three years. */
const MANY_DAYS = 1095;

/**
 * The tiles in their order. Each says in words whether it is quiet, or what is wrong.
 *
 * With the totals of a longer window, the counts and the percentiles are those of the window.
 */
export function nowTiles(
  sample: Sample,
  series: RequestSeries,
  verdict: Verdict | null,
  people: readonly ActivePerson[] | null,
  totals: WindowTotals | null = null,
  window: WindowName = '5m',
): NowTile[] {
  const counted = totals && windowTiles(sample, series, totals, window);
  return [
    upToDate(sample, verdict),
    peopleHere(sample, totals ? wholeOf(series.people) : known(series.people), people),
    counted?.edits ?? edits(sample, series),
    counted?.delivery ?? editToScreen(sample.delivery_ms, 'nothing sent for a minute'),
    counted?.requests ?? requests(sample, series),
    counted?.latency ??
      responseTime(sample.latency_ms, 'no request for a minute', known(series.p95)),
    counted?.errors ?? errors(series),
    roomLeft(verdict),
  ];
}

/** The tiles that say something else for a longer window. */
function windowTiles(
  { in_flight: inFlight }: Sample,
  series: RequestSeries,
  { counts, latency_ms: latency, delivery_ms: delivery }: WindowTotals,
  window: WindowName,
): Record<'edits' | 'delivery' | 'requests' | 'latency' | 'errors', NowTile> {
  const words = WINDOWS.find(({ name }) => name === window)?.words ?? window;
  const during = `in the last ${words}`;
  const count = (name: string): number => counts[name] ?? 0;
  return {
    edits: {
      ...EDITS,
      value: formatNumber(count('changes')),
      detail: count('changes') === 0 ? `none ${during}` : during,
      tone: count('changes') === 0 ? 'quiet' : 'plain',
      seconds: wholeOf(series.edits),
    },
    delivery: editToScreen(delivery, `nothing sent ${during}`),
    requests: {
      ...REQUESTS,
      value: formatNumber(count('started')),
      detail: `${during} · ${formatNumber(inFlight)} in flight`,
      tone: count('started') === 0 ? 'quiet' : 'plain',
      seconds: wholeOf(series.started),
    },
    latency: responseTime(latency, `no request ${during}`, wholeOf(series.p95)),
    errors: errorTile(count('5xx'), count('4xx'), during),
  };
}

const EDITS = { key: 'edits', label: 'Edits', to: 'signals', isMain: false };
const REQUESTS = { key: 'requests', label: 'Requests', to: 'requests', isMain: false };

/** Without the channel layer, the screens of other processes are not known. */
function upToDate({ screens, lagging }: Sample, verdict: Verdict | null): NowTile {
  const { identical = 0, behind = 0, different = 0 } = screens;
  const total = identical + behind + different;
  const wrong = [
    ...(different > 0 ? [`${formatNumber(different)} different`] : []),
    ...(behind > 0 ? [`${formatNumber(behind)} behind`] : []),
    ...(lagging > 0 ? [`${formatNumber(lagging)} slow`] : []),
  ];
  const isAlone = verdict?.health['layer'] === false;
  const fine = `${total === 1 ? 'screen' : 'screens'} ${isAlone ? 'of one process' : 'identical'}`;
  const none = isAlone ? 'none at this process' : 'no list is open';
  return {
    key: 'screens',
    label: 'Everybody up to date',
    value:
      total > 0
        ? `${formatNumber(identical)} of ${formatNumber(total)}`
        : isAlone
          ? 'Not known'
          : 'No screen',
    detail: total === 0 ? none : wrong.join(' · ') || fine,
    tone: different > 0 || lagging > 0 ? 'bad' : total === 0 ? 'quiet' : 'plain',
    to: 'delivery',
    isMain: true,
  };
}

function peopleHere(
  { people }: Sample,
  seconds: readonly number[],
  active: readonly ActivePerson[] | null,
): NowTile {
  const names = (active ?? []).map(({ name }) => name);
  const more = people - Math.min(2, names.length);
  const shown = [...names.slice(0, 2), ...(names.length > 0 && more > 0 ? [`+${more}`] : [])];
  return {
    key: 'people',
    label: 'People here',
    value: formatNumber(people),
    detail: shown.join(' ') || (active === null ? 'on all lists' : 'nobody on your lists'),
    tone: people === 0 ? 'quiet' : 'plain',
    seconds,
    to: 'lists',
    isMain: false,
  };
}

function edits({ changes, since, at }: Sample, series: RequestSeries): NowTile {
  const quiet = quietText(series, series.edits);
  return {
    ...EDITS,
    value: formatRate(recentRate(series.times, series.edits, RATE_SECONDS)),
    detail: quiet || `${formatNumber(changes)} ${sinceText(since, at)}`,
    tone: quiet ? 'quiet' : 'plain',
    seconds: known(series.edits),
  };
}

/** The time from an edit to the screens. `none` says that nothing was measured. */
export function editToScreen({ p50 = null, p99 = null }: Percentiles, none: string): NowTile {
  return {
    key: 'delivery',
    label: 'Edit to screen',
    value: formatDuration(p50),
    detail: p50 === null ? none : `p50 · p99${NO_BREAK}${formatDuration(p99)}`,
    tone: p50 === null ? 'quiet' : 'plain',
    to: 'delivery',
    isMain: true,
  };
}

function requests({ in_flight: inFlight }: Sample, series: RequestSeries): NowTile {
  const quiet = quietText(series, series.started);
  return {
    ...REQUESTS,
    value: formatRate(recentRate(series.times, series.started, RATE_SECONDS)),
    detail: inFlight === 0 && quiet ? quiet : `${formatNumber(inFlight)} in flight`,
    tone: quiet && inFlight === 0 ? 'quiet' : 'plain',
    seconds: known(series.started),
  };
}

/** The time of a response. `none` says that nothing was measured. */
export function responseTime(
  { p50 = null, p95 = null, p99 = null }: Percentiles,
  none: string,
  seconds?: readonly number[],
): NowTile {
  const isSlow = p95 !== null && p95 >= SLOW;
  const others = `p50${NO_BREAK}${formatDuration(p50)} · p99${NO_BREAK}${formatDuration(p99)}`;
  return {
    key: 'latency',
    label: 'Response time',
    value: p95 === null ? '–' : formatDuration(p95),
    detail: p95 === null ? none : isSlow ? `slow · ${others}` : others,
    tone: p95 === null ? 'quiet' : isSlow ? 'bad' : 'plain',
    ...(seconds && { seconds }),
    to: 'requests',
    isMain: true,
  };
}

function errors(series: RequestSeries): NowTile {
  const seconds = (series.times.at(-1) ?? 0) - (series.times[0] ?? 0);
  const [failed, refused] = [sumOf(series.serverErrors), sumOf(series.clientErrors)];
  return errorTile(Math.round(failed), Math.round(refused), `in ${formatSeconds(seconds)}`);
}

/** What failed and what was refused. `during` says in which time. */
export function errorTile(failed: number, refused: number, during: string): NowTile {
  return {
    key: 'errors',
    label: 'Errors',
    value: failed === 0 ? 'None' : `${formatNumber(failed)} failed`,
    detail: `${formatNumber(refused)} refused ${during}`,
    tone: failed > 0 ? 'bad' : 'plain',
    to: 'requests',
    isMain: true,
  };
}

function roomLeft(verdict: Verdict | null): NowTile {
  const free = verdict?.free_bytes ?? null;
  const isLow = verdict?.conditions.some(({ key }) => key === 'disk') ?? false;
  return {
    key: 'room',
    label: 'Room left',
    value: free === null ? '–' : formatBytes(free),
    detail: roomDetail(verdict, isLow),
    tone: free === null ? 'quiet' : isLow ? 'bad' : 'plain',
    to: 'machine',
    isMain: false,
  };
}

/** Only staff are told how many days the room lasts. */
function roomDetail(verdict: Verdict | null, isLow: boolean): string {
  if (verdict === null) return 'not known yet';
  const { free_bytes: free, days_left: days } = verdict;
  if (free === null) return 'not on this machine';
  if (days !== null && days < MANY_DAYS)
    return days < 1
      ? 'full within a day'
      : `full in ${withUnit(formatNumber(Math.floor(days)), 'd')}`;
  return isLow ? 'nearly full' : 'on the disk of the lists';
}

/** How long nothing happens; empty if something happened in the last seconds. */
function quietText(series: RequestSeries, column: readonly (number | null)[]): string {
  const seconds = secondsQuiet(series.times, column);
  if (seconds !== null && seconds < RATE_SECONDS) return '';
  const since = seconds ?? (series.times.at(-1) ?? 0) - (series.times[0] ?? 0);
  return `nothing for ${formatSeconds(since)}`;
}

function known(column: readonly (number | null)[]): number[] {
  return column.slice(-SPARK_SECONDS).map((value) => value ?? 0);
}

/** A whole column in as many values as a sparkline has: the highest of each part. */
function wholeOf(column: readonly (number | null)[]): number[] {
  const length = Math.max(1, Math.ceil(column.length / SPARK_SECONDS));
  return Array.from({ length: Math.ceil(column.length / length) }, (_, part) =>
    Math.max(...column.slice(part * length, (part + 1) * length).map((value) => value ?? 0)),
  );
}
