import type { DatabaseFigures, Machine, StorageFigures } from '../../protocol/frames';
import type { ProcessCard } from '../../stores/machine.svelte';
import { relativeTime } from '../../stores/relative-time';
import {
  formatBytes as formatSize,
  formatDuration,
  formatMicroseconds,
  withUnit,
} from '../number-format';
import { exact, formatBytes } from './delivery-words';

/** One figure: its name, its value, and more about it in words. */
export interface Figure {
  label: string;
  value: string;
  detail?: string;
  tone?: 'plain' | 'warn';
}

/** A figure of a process by which one of them can differ from the others. */
export type OddFigure = 'memory' | 'cpu' | 'lag';

/** A process is the odd one out if it has this many times as much as the median. */
const ODD_FACTOR = 2;
/** Below these values a difference means nothing: bytes, percent of one CPU, ms. */
const ODD_FROM: Readonly<Record<OddFigure, number>> = { memory: 50e6, cpu: 10, lag: 100 };
/** A disk that lasts for fewer days is a condition of the verdict. */
const FEW_DAYS = 7;
const DAY = 86_400_000;
const YEAR = 365;
const MANY_YEARS = 10;
/** A reading that is older than this is late, in milliseconds: there is one every 5 s. */
const LATE_READING = 15_000;

const READ: Readonly<Record<OddFigure, (card: ProcessCard) => number>> = {
  memory: ({ rss_bytes }) => rss_bytes,
  cpu: ({ cpu }) => cpu,
  lag: ({ lag_ms }) => lag_ms['p99'] ?? 0,
};

/** For each figure by which a process differs from the others, how many times the median it has. */
export function oddFigures(
  card: ProcessCard,
  all: readonly ProcessCard[],
): Partial<Record<OddFigure, number>> {
  const odd: Partial<Record<OddFigure, number>> = {};
  if (all.length < 2) return odd;
  for (const figure of Object.keys(READ) as OddFigure[]) {
    const read = READ[figure];
    const middle = lowerMedian(all.map(read));
    const value = read(card);
    if (value >= ODD_FROM[figure] && middle > 0 && value > ODD_FACTOR * middle)
      odd[figure] = value / middle;
  }
  return odd;
}

/** Of an even number of values, the lower one of the two in the middle: two can differ, too. */
export function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((first, second) => first - second);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** 2.4× the median. */
export function oddText(times: number): string {
  return `${times >= 10 ? String(Math.round(times)) : times.toFixed(1)}× the median`;
}

export function shortDuration(milliseconds: number | null | undefined): string {
  if (milliseconds !== null && milliseconds !== undefined && milliseconds < 1)
    return formatMicroseconds(milliseconds * 1000);
  return formatDuration(milliseconds);
}

export function formatPercent(percent: number): string {
  return withUnit(percent >= 10 ? Math.round(percent) : percent.toFixed(1), '%');
}

/** How long ago a reading was that should be newer, or nothing. */
export function lateReading(at: string, now: string): string {
  const age = Date.parse(now) - Date.parse(at);
  return age > LATE_READING ? `read ${withUnit(exact(Math.round(age / 1000)), 's')} ago` : '';
}

/** The part of the disk that is used, by all programs; null if it is not known. */
export function usedPercent(storage: StorageFigures | null): number | null {
  const { free_bytes = null, total_bytes = null } = storage ?? {};
  if (free_bytes === null || !total_bytes) return null;
  return (1 - free_bytes / total_bytes) * 100;
}

/** The room on the disk, how fast it is used and how long it lasts, as far as that is known. */
export function diskFigures(storage: StorageFigures): Figure[] {
  const { free_bytes, total_bytes, growth_per_day, growth_since } = storage;
  const figures: Figure[] = [];
  if (free_bytes !== null)
    figures.push({
      label: 'Free',
      value: formatSize(free_bytes),
      detail: total_bytes === null ? '' : `of ${formatSize(total_bytes)}`,
    });
  if (growth_per_day === null || growth_since === null) {
    figures.push({
      label: 'Grows by',
      value: '–',
      detail: 'known after a day of history',
    });
    return figures;
  }
  const days = (Date.parse(storage.at) - Date.parse(growth_since)) / DAY;
  figures.push({
    label: 'Grows by',
    value: growth_per_day <= 0 ? 'Nothing' : `${formatBytes(growth_per_day)} a day`,
    detail: `in the last ${daysText(days)}`,
  });
  if (free_bytes !== null) figures.push(lastsFor(storage.days_left));
  return figures;
}

function lastsFor(days: number | null): Figure {
  const label = 'Lasts for';
  if (days === null || days > MANY_YEARS * YEAR) return { label, value: '10 years or more' };
  return { label, value: daysText(days), tone: days < FEW_DAYS ? 'warn' : 'plain' };
}

/** 3 days · 1 day · less than a day. */
export function daysText(days: number): string {
  const whole = Math.floor(days);
  if (whole === 0) return 'less than a day';
  return `${exact(whole)} ${whole === 1 ? 'day' : 'days'}`;
}

/** The figures of the database. What its kind does not have is left out. */
export function databaseFigures(
  database: DatabaseFigures | null,
  storage: StorageFigures | null,
  now: number,
): Figure[] {
  const figures: Figure[] = [];
  if (storage) {
    figures.push({ label: 'Size', value: formatSize(storage.size_bytes) });
    if (storage.wal_bytes !== null)
      figures.push({
        label: 'Write-ahead log',
        value: formatBytes(storage.wal_bytes),
        detail: 'reused',
      });
  }
  if (!database) return figures;
  const { connections, max_connections, lock_wait_ms, lock_waiters, checkpoint_at } = database;
  const rate = database.transactions_per_second;
  figures.push({
    label: 'A query',
    value: shortDuration(database.round_trip_ms),
    detail: 'round trip',
  });
  if (lock_wait_ms !== null)
    figures.push({
      label: 'Wait to write',
      value: shortDuration(lock_wait_ms),
      detail: 'for the lock of the writers',
    });
  if (connections !== null)
    figures.push({
      label: 'Connections',
      value: exact(connections),
      detail: max_connections === null ? '' : `of ${exact(max_connections)}`,
      tone: connections > 0.9 * (max_connections ?? Infinity) ? 'warn' : 'plain',
    });
  if (lock_waiters !== null)
    figures.push({
      label: 'Waiting for a lock',
      value: exact(lock_waiters),
      detail: lock_waiters === 1 ? 'query' : 'queries',
    });
  if (rate !== null)
    figures.push({ label: 'Transactions', value: `${String(rate)}/s`, detail: 'of this database' });
  if (checkpoint_at !== null)
    figures.push({ label: 'Last checkpoint', value: relativeTime(checkpoint_at, now) });
  return figures;
}

/** What the dashboard itself takes, in all processes together and on this page. */
export function costFigures(frame: Machine, bytesPerSecond: number | null): Figure[] {
  const { processes, storage } = frame;
  const sum = (read: (process: Machine['processes'][number]) => number): number =>
    processes.reduce((total, process) => total + read(process), 0);
  const viewers = sum((process) => process.viewers);
  const bytes = sum((process) => process.viewer_bytes);
  return [
    {
      label: 'CPU',
      value: formatPercent(sum((process) => process.dashboard_cpu_percent)),
      detail: 'of one CPU',
    },
    {
      label: 'To each viewer',
      value: viewers === 0 ? '–' : `${formatBytes(Math.round(bytes / viewers))}/s`,
      detail: `${exact(viewers)} ${viewers === 1 ? 'viewer' : 'viewers'} now`,
    },
    {
      label: 'This page',
      value: bytesPerSecond === null ? '…' : `${formatBytes(bytesPerSecond)}/s`,
      detail: 'as received here',
    },
    {
      label: 'History',
      value: storage?.history_bytes === null || !storage ? '–' : formatBytes(storage.history_bytes),
      detail: 'in the database',
    },
  ];
}
