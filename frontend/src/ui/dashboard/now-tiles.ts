import type { ActivePerson, Sample, Verdict } from '../../protocol/frames';
import { recentRate, secondsQuiet, sumOf, type RequestSeries } from '../../stores/request-series';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatRate,
  formatSeconds,
} from '../number-format';

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

/** Seconds over which a rate is averaged. */
const RATE_SECONDS = 10;
const SPARK_SECONDS = 60;
/** Answers are slow from here on, as for the verdict. In milliseconds. */
const SLOW = 500;
/** A disk that lasts for longer needs no number: three years. */
const MANY_DAYS = 1095;

/** The tiles in their order. Each says in words whether it is quiet, or what is wrong. */
export function nowTiles(
  sample: Sample,
  series: RequestSeries,
  verdict: Verdict | null,
  people: readonly ActivePerson[] | null,
): NowTile[] {
  return [
    upToDate(sample),
    peopleHere(sample, series, people),
    edits(sample, series),
    editToScreen(sample),
    requests(sample, series),
    answerTime(sample, series),
    errors(series),
    roomLeft(verdict),
  ];
}

function upToDate({ screens, lagging }: Sample): NowTile {
  const { identical = 0, behind = 0, different = 0 } = screens;
  const total = identical + behind + different;
  const wrong = [
    ...(different > 0 ? [`${formatNumber(different)} different`] : []),
    ...(behind > 0 ? [`${formatNumber(behind)} behind`] : []),
    ...(lagging > 0 ? [`${formatNumber(lagging)} slow`] : []),
  ];
  const fine = total === 1 ? 'screen identical' : 'screens identical';
  return {
    key: 'screens',
    label: 'Everybody up to date',
    value: total === 0 ? 'No screen' : `${formatNumber(identical)} of ${formatNumber(total)}`,
    detail: total === 0 ? 'no list is open' : wrong.join(' · ') || fine,
    tone: different > 0 || lagging > 0 ? 'bad' : total === 0 ? 'quiet' : 'plain',
    to: 'delivery',
    isMain: true,
  };
}

function peopleHere(
  { people }: Sample,
  series: RequestSeries,
  active: readonly ActivePerson[] | null,
): NowTile {
  const names = (active ?? []).map(({ name }) => name);
  const more = people - Math.min(2, names.length);
  const shown = [...names.slice(0, 2), ...(names.length > 0 && more > 0 ? [`+${more}`] : [])];
  return {
    key: 'people',
    label: 'People here',
    value: formatNumber(people),
    detail: shown.join(' ') || 'nobody on your lists',
    tone: people === 0 ? 'quiet' : 'plain',
    seconds: known(series.people),
    to: 'lists',
    isMain: false,
  };
}

function edits({ changes }: Sample, series: RequestSeries): NowTile {
  const quiet = quietText(series, series.edits);
  return {
    key: 'edits',
    label: 'Edits',
    value: formatRate(recentRate(series.times, series.edits, RATE_SECONDS)),
    detail: quiet || `${formatNumber(changes)} since the start`,
    tone: quiet ? 'quiet' : 'plain',
    seconds: known(series.edits),
    to: 'signals',
    isMain: false,
  };
}

function editToScreen({ delivery_ms: { p50 = null, p99 = null } }: Sample): NowTile {
  return {
    key: 'delivery',
    label: 'Edit to screen',
    value: p50 === null ? '–' : `${formatDuration(p50)}`,
    detail: p50 === null ? 'no edit for a minute' : `p50 · p99 ${formatDuration(p99)}`,
    tone: p50 === null ? 'quiet' : 'plain',
    to: 'delivery',
    isMain: true,
  };
}

function requests({ in_flight: inFlight }: Sample, series: RequestSeries): NowTile {
  const quiet = quietText(series, series.started);
  return {
    key: 'requests',
    label: 'Requests',
    value: formatRate(recentRate(series.times, series.started, RATE_SECONDS)),
    detail: inFlight === 0 && quiet ? quiet : `${formatNumber(inFlight)} in flight`,
    tone: quiet && inFlight === 0 ? 'quiet' : 'plain',
    seconds: known(series.started),
    to: 'requests',
    isMain: false,
  };
}

function answerTime({ latency_ms: latency }: Sample, series: RequestSeries): NowTile {
  const { p50 = null, p95 = null, p99 = null } = latency;
  const isSlow = p95 !== null && p95 >= SLOW;
  const others = `p50 ${formatDuration(p50)} · p99 ${formatDuration(p99)}`;
  return {
    key: 'latency',
    label: 'Answer time',
    value: p95 === null ? '–' : formatDuration(p95),
    detail: p95 === null ? 'no request for a minute' : isSlow ? `slow · ${others}` : others,
    tone: p95 === null ? 'quiet' : isSlow ? 'bad' : 'plain',
    seconds: known(series.p95),
    to: 'requests',
    isMain: true,
  };
}

function errors(series: RequestSeries): NowTile {
  const failed = sumOf(series.serverErrors);
  const refused = sumOf(series.clientErrors);
  const window = formatSeconds((series.times.at(-1) ?? 0) - (series.times[0] ?? 0));
  return {
    key: 'errors',
    label: 'Errors',
    value: failed === 0 ? 'None' : `${formatNumber(failed)} failed`,
    detail: `${formatNumber(refused)} refused in ${window}`,
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
    return days < 1 ? 'full within a day' : `full in ${formatNumber(Math.floor(days))} d`;
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
