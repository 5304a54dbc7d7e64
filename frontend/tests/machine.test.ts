import { beforeEach, describe, expect, it } from 'vitest';
import type {
  DatabaseFigures,
  Machine as MachineFrame,
  MachineProcess,
  People,
  StorageFigures,
} from '../src/protocol/frames';
import { Machine, type ProcessCard } from '../src/stores/machine.svelte';
import { Pause } from '../src/stores/pause.svelte';
import {
  costFigures,
  databaseFigures,
  diskFigures,
  lateReading,
  lowerMedian,
  oddFigures,
  oddText,
  shortDuration,
  usedPercent,
} from '../src/ui/dashboard/machine-words';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const AT = '2026-11-26T10:00:00Z';

const process = (fields: Partial<MachineProcess> = {}): MachineProcess => ({
  process: '9f31c04be2a7',
  pid: 4711,
  host: 'pi',
  version: '1.0.0',
  started_at: AT,
  rss_bytes: 118_000_000,
  cpu_seconds: 12,
  cpu_percent: 3,
  lag_ms: { p50: 0.3, p99: 2.4 },
  threads_busy: 1,
  threads: 8,
  sockets: 3,
  screens: 2,
  dashboard_cpu_percent: 0.4,
  viewers: 1,
  viewer_bytes: 3000,
  ...fields,
});

const card = (fields: Partial<ProcessCard> = {}): ProcessCard => ({
  ...process(fields),
  cpu: 3,
  cpuSeconds: [3],
  ...fields,
});

const storage = (fields: Partial<StorageFigures> = {}): StorageFigures => ({
  process: '9f31c04be2a7',
  at: '2026-11-26T10:00:00Z',
  size_bytes: 31_000_000,
  wal_bytes: 4_100_000,
  free_bytes: 60_000_000_000,
  total_bytes: 240_000_000_000,
  growth_per_day: 1_300_000,
  growth_since: '2026-11-23T10:00:00Z',
  days_left: 2400.7,
  history_bytes: 4_000_000,
  ...fields,
});

const database = (fields: Partial<DatabaseFigures> = {}): DatabaseFigures => ({
  process: '9f31c04be2a7',
  at: AT,
  kind: 'SQLite',
  version: '3.46.1',
  round_trip_ms: 0.021,
  connections: null,
  max_connections: null,
  lock_waiters: null,
  lock_wait_ms: 0.034,
  transactions_per_second: null,
  checkpoint_at: AT,
  ...fields,
});

const frame = (fields: Partial<MachineFrame> = {}): MachineFrame => ({
  type: 'machine',
  topic: 'ops:machine',
  at: AT,
  processes: [process()],
  storage: storage(),
  database: database(),
  redis: null,
  slowest_queries: null,
  alert_host: null,
  ...fields,
});

describe('the odd one out', () => {
  const others = [card(), card({ rss_bytes: 122_000_000 })];

  it('has more than twice the median (MCH-7)', () => {
    const greedy = card({ rss_bytes: 290_000_000, cpu: 61 });
    const all = [...others, greedy];
    const odd = oddFigures(greedy, all);
    expect(odd.memory).toBeCloseTo(290 / 122);
    expect(odd.cpu).toBeCloseTo(61 / 3);
    expect(odd.lag).toBeUndefined();
    expect(others.map((each) => oddFigures(each, all))).toEqual([{}, {}]);
  });

  it('can be one of two, and never the only one (MCH-7)', () => {
    const late = card({ lag_ms: { p50: 1, p99: 300 } });
    expect(oddFigures(late, [card(), late])).toEqual({ lag: 125 });
    expect(oddFigures(late, [late])).toEqual({});
  });

  it('is nobody where the difference means nothing', () => {
    const busy = card({ cpu: 9, lag_ms: { p50: 1, p99: 99 } });
    expect(oddFigures(busy, [...others, busy])).toEqual({});
    const unknown = card({ lag_ms: { p50: null, p99: null } });
    expect(oddFigures(unknown, [...others, unknown])).toEqual({});
  });

  it('is said in words', () => {
    expect(oddText(2.37)).toBe('2.4× the median');
    expect(oddText(125)).toBe('125× the median');
    expect(lowerMedian([5, 1])).toBe(1);
    expect(lowerMedian([5, 1, 3])).toBe(3);
  });
});

describe('the disk', () => {
  const texts = (fields: Partial<StorageFigures>): string[] =>
    diskFigures(storage(fields)).map(({ label, value, detail = '' }) =>
      `${label}: ${value} ${detail}`.trim(),
    );

  it('says how long it lasts, as far as that is known (MCH-3)', () => {
    expect(texts({})).toEqual([
      'Free: 60\u00a0GB of 240\u00a0GB',
      'Grows by: 1.3\u00a0MB a day in the last 3 days',
      'Lasts for: 2,400 days',
    ]);
    expect(texts({ growth_per_day: null, growth_since: null, days_left: null })).toEqual([
      'Free: 60\u00a0GB of 240\u00a0GB',
      'Grows by: – known after a day of history',
    ]);
    expect(texts({ growth_per_day: -5, days_left: null }).slice(1)).toEqual([
      'Grows by: Nothing in the last 3 days',
      'Lasts for: 10 years or more',
    ]);
    expect(texts({ free_bytes: null, total_bytes: null, days_left: null })).toEqual([
      'Grows by: 1.3\u00a0MB a day in the last 3 days',
    ]);
  });

  it('warns below a week', () => {
    expect(diskFigures(storage({ days_left: 6.9 })).at(-1)).toMatchObject({
      value: '6 days',
      tone: 'warn',
    });
    expect(diskFigures(storage({ days_left: 0.4 })).at(-1)?.value).toBe('less than a day');
    expect(diskFigures(storage({ days_left: 1 })).at(-1)?.value).toBe('1 day');
  });

  it('is used in part', () => {
    expect(usedPercent(storage())).toBe(75);
    expect(usedPercent(storage({ free_bytes: null }))).toBeNull();
    expect(usedPercent(null)).toBeNull();
  });
});

it('leaves out what a kind of database does not have', () => {
  const labels = (...figures: Parameters<typeof databaseFigures>): string[] =>
    databaseFigures(...figures).map(({ label }) => label);
  const now = Date.parse(AT);
  expect(labels(database(), storage(), now)).toEqual([
    'Size',
    'Write-ahead log',
    'A query',
    'Wait to write',
    'Last checkpoint',
  ]);
  const postgres = database({
    kind: 'PostgreSQL',
    connections: 95,
    max_connections: 100,
    lock_waiters: 1,
    lock_wait_ms: null,
    transactions_per_second: 7.6,
    checkpoint_at: null,
  });
  const figures = databaseFigures(postgres, storage({ wal_bytes: null }), now);
  expect(figures.map(({ label }) => label)).toEqual([
    'Size',
    'A query',
    'Connections',
    'Waiting for a lock',
    'Transactions',
  ]);
  expect(figures[2]).toMatchObject({ value: '95', detail: 'of 100', tone: 'warn' });
  expect(labels(null, storage(), now)).toEqual(['Size', 'Write-ahead log']);
  expect(labels(null, null, now)).toEqual([]);
});

it('says that a reading is late', () => {
  expect(lateReading(AT, '2026-11-26T10:00:15Z')).toBe('');
  expect(lateReading(AT, '2026-11-26T10:00:40Z')).toBe('read 40\u00a0s ago');
});

it('adds up what the dashboard costs in all processes (MCH-6)', () => {
  const two = [process(), process({ viewers: 2, viewer_bytes: 5400, dashboard_cpu_percent: 0.8 })];
  const values = (bytes: number | null, of = frame({ processes: two })): string[] =>
    costFigures(of, bytes).map(({ value }) => value);
  expect(values(2640)).toEqual(['1.2\u00a0%', '2.8\u00a0kB/s', '2.6\u00a0kB/s', '4.0\u00a0MB']);
  const quiet = frame({ processes: [process({ viewers: 0 })], storage: null });
  expect(values(null, quiet)).toEqual(['0.4\u00a0%', '–', '…', '–']);
});

it.each([
  [0.021, '21\u00a0µs'],
  [2.4, '2.4\u00a0ms'],
  [null, '–'],
])('formats %s ms as %s', (milliseconds, text) => {
  expect(shortDuration(milliseconds)).toBe(text);
});

describe('the store', () => {
  let connected: ConnectedEngine;
  let machine: Machine;
  let isHidden = false;

  beforeEach(() => {
    isHidden = false;
    connected = new ConnectedEngine();
    machine = new Machine(connected.engine, new Pause(() => isHidden));
    connected.engine.start();
    connected.receive(welcome());
  });

  it('follows the topic while the section is open', () => {
    const stop = machine.start();
    expect(JSON.stringify(connected.send.mock.calls)).toContain('ops:machine');
    connected.receive(frame());
    expect(machine.cards).toHaveLength(1);
    stop();
    connected.receive(frame({ processes: [] }));
    expect(machine.cards).toHaveLength(1);
  });

  it('averages the CPU of 10 s, and forgets a process that is gone', () => {
    machine.start();
    for (let second = 1; second <= 70; second += 1)
      connected.receive(frame({ processes: [process({ cpu_percent: second })] }));
    expect(machine.cards[0]?.cpu).toBe(65.5);
    expect(machine.cards[0]?.cpuSeconds).toHaveLength(60);
    connected.receive(frame({ processes: [] }));
    connected.receive(frame({ processes: [process({ cpu_percent: 7 })] }));
    expect(machine.cards[0]?.cpuSeconds).toEqual([7]);
  });

  it('counts the bytes of all frames of the dashboard, of whole seconds (MCH-6)', () => {
    machine.start();
    connected.receive(frame());
    expect(machine.bytesPerSecond).toBeNull();
    const people: People = { type: 'people', topic: 'people', people: [], screens: [] };
    const size = (value: object): number => JSON.stringify(value).length;
    connected.receive(people, people, frame());
    expect(machine.bytesPerSecond).toBe(2 * size(people) + size(frame()));
    connected.receive(frame());
    expect(machine.bytesPerSecond).toBe(size(people) + size(frame()));
  });

  it('shows nothing new while the page is hidden', () => {
    machine.start();
    isHidden = true;
    connected.receive(frame());
    expect(machine.latest).toBeNull();
  });
});
