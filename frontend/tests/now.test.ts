import { beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  Condition,
  Sample,
  ServerFrame,
  Verdict as VerdictFrame,
} from '../src/protocol/frames';
import { ChartView } from '../src/stores/chart-view.svelte';
import { Pause } from '../src/stores/pause.svelte';
import { People } from '../src/stores/people.svelte';
import {
  recentRate,
  requestSeries,
  secondsQuiet,
  stepOf,
  sumOf,
} from '../src/stores/request-series';
import { Samples, samplesFromColumns } from '../src/stores/samples.svelte';
import { inWords, spoken, Verdict } from '../src/stores/verdict.svelte';
import { sinceText } from '../src/ui/dashboard/since-text';
import { nowTiles } from '../src/ui/dashboard/now-tiles';
import { formatBytes, formatRate, formatSeconds } from '../src/ui/number-format';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const START = Date.parse('2026-11-26T10:00:00Z');

const sample = (second: number, fields: Partial<Sample> = {}): Sample => ({
  type: 'sample',
  since: '2026-11-22T00:00:00Z',
  topic: 'requests',
  at: new Date(START + second * 1000).toISOString(),
  processes: 1,
  started: 0,
  finished: 0,
  in_flight: 0,
  per_second: 0,
  per_second_1m: 0,
  status: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
  latency_ms: { p50: null, p95: null, p99: null },
  sockets: 0,
  people: 0,
  changes: 0,
  delivered: 0,
  delivery_ms: { p50: null, p99: null },
  lagging: 0,
  screens: { identical: 0, behind: 0, different: 0 },
  repairs: 0,
  resumed: 0,
  snapshots: 0,
  ...fields,
});

const condition = (fields: Partial<Condition> = {}): Condition => ({
  key: 'layer',
  severity: 'warning',
  since: new Date(2026, 10, 26, 14, 2, 7).toISOString(),
  until: null,
  text: 'Redis does not answer',
  note: 'Edits are saved; screens catch up every 2 s.',
  section: 'machine',
  ...fields,
});

const verdict = (fields: Partial<VerdictFrame> = {}): VerdictFrame => ({
  type: 'verdict',
  topic: 'verdict',
  at: new Date(2026, 10, 26, 14, 30).toISOString(),
  started_at: '2026-11-26T09:00:00Z',
  state: 'ok',
  sentence: 'All well.',
  health: { database: true, layer: true },
  free_bytes: 31_200_000_000,
  days_left: null,
  conditions: [],
  recent: [],
  ...fields,
});

describe('the beginning of the totals', () => {
  it('is a time today, and a date before', () => {
    const now = new Date(2026, 10, 26, 14, 2, 7).toISOString();
    const since = (...time: [number, number, number, number?, number?]): string =>
      sinceText(new Date(...time).toISOString(), now);
    expect(since(2026, 10, 26, 9, 5)).toBe('since 09:05');
    expect(since(2026, 10, 25, 23, 59)).toBe('since 25 Nov');
    expect(since(2025, 10, 26)).toBe('since 26 Nov 2025');
  });
});

describe('the columns of the charts', () => {
  it('have exactly what each second counted', () => {
    const series = requestSeries([
      sample(0, { started: 100, finished: 99, in_flight: 1 }),
      sample(1, { started: 112, finished: 110, in_flight: 3 }),
      sample(2, { started: 112, finished: 112, in_flight: 1 }),
    ]);
    expect(series.started).toEqual([null, 12, 0]);
    expect(series.finished).toEqual([null, 11, 2]);
    expect(series.inFlight).toEqual([1, 3, 1]);
    expect(series.times).toEqual([0, 1, 2].map((second) => START / 1000 + second));
  });

  it('have a gap where samples are missing or totals begin again', () => {
    const series = requestSeries([
      sample(0, { started: 5 }),
      sample(4, { started: 9 }),
      sample(5, { started: 2 }),
      sample(6, { started: 3 }),
    ]);
    expect(series.started).toEqual([null, null, null, 1]);
  });

  it('are the same from the history, which the server sends as columns', () => {
    const rows = [1, 2, 3].map((second) => sample(second, { started: second * second }));
    const names = Object.keys(sample(0)) as (keyof Sample)[];
    const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
    expect(requestSeries(samplesFromColumns(columns))).toEqual(requestSeries(rows));
    expect(requestSeries(rows).started).toEqual([null, 3, 5]);
  });

  it('count answers by class, with 1xx among the successful ones', () => {
    const status = { '1xx': 1, '2xx': 2, '3xx': 3, '4xx': 4, '5xx': 5 };
    const series = requestSeries([sample(0), sample(1, { status })]);
    const { success, redirects, clientErrors, serverErrors } = series;
    expect([success, redirects, clientErrors, serverErrors].map(sumOf)).toEqual([3, 3, 4, 5]);
  });
});

describe('rates', () => {
  const times = [0, 1, 2, 3, 4];

  it('are averaged over the last seconds', () => {
    expect(recentRate(times, [null, 10, 0, 2, 4], 3)).toBe(2);
    expect(recentRate([0, 0.5, 1], [null, 1, 1], 10)).toBe(2);
    expect(recentRate([0], [null], 10)).toBeNull();
  });

  it('tell for how long nothing happened', () => {
    expect(secondsQuiet(times, [null, 1, 0, 0, 0])).toBe(3);
    expect(secondsQuiet(times, [null, 0, 0, 0, 0])).toBeNull();
  });

  it('know the usual time between two samples', () => {
    expect(stepOf([0, 1, 2, 30, 31])).toBe(1);
    expect(stepOf([])).toBe(1);
  });
});

describe('the tiles', () => {
  const tile = (
    key: string,
    latest: Sample,
    before = sample(0),
    news: VerdictFrame | null = null,
  ) => nowTiles(latest, requestSeries([before, latest]), news, []).find((each) => each.key === key);

  it('say that the screens are up to date, or how many are not', () => {
    const screens = { identical: 7, behind: 0, different: 0 };
    expect(tile('screens', sample(1, { screens }))).toMatchObject({
      value: '7 of 7',
      detail: 'screens identical',
      tone: 'plain',
    });
    const wrong = { identical: 5, behind: 1, different: 1 };
    expect(tile('screens', sample(1, { screens: wrong, lagging: 1 }))).toMatchObject({
      value: '5 of 7',
      detail: '1 different · 1 behind · 1 slow',
      tone: 'bad',
    });
    expect(tile('screens', sample(1))).toMatchObject({ detail: 'no list is open', tone: 'quiet' });
  });

  it('say that screens of other processes are not known without the channel layer', () => {
    const alone = { health: { database: true, layer: false }, conditions: [] } as never;
    expect(tile('screens', sample(1), sample(0), alone)).toMatchObject({
      value: 'Not known',
      detail: 'none at this process',
    });
    const screens = { identical: 3, behind: 0, different: 0 };
    expect(tile('screens', sample(1, { screens }), sample(0), alone)).toMatchObject({
      value: '3 of 3',
      detail: 'screens of one process',
    });
  });

  it('say that it is quiet, and for how long', () => {
    expect(tile('requests', sample(240), sample(0))).toMatchObject({
      tone: 'quiet',
      detail: 'nothing for 4\u00a0min',
    });
    expect(tile('delivery', sample(1))).toMatchObject({ value: '–', tone: 'quiet' });
  });

  it('say what is bad in words', () => {
    const latency_ms = { p50: 14, p95: 840, p99: 1200 };
    expect(tile('latency', sample(1, { latency_ms }))).toMatchObject({
      value: '840\u00a0ms',
      detail: 'slow · p50\u00a014\u00a0ms · p99\u00a01.2\u00a0s',
      tone: 'bad',
    });
    const status = { '2xx': 1, '4xx': 7, '5xx': 3 };
    expect(tile('errors', sample(1, { status }))).toMatchObject({
      value: '3 failed',
      detail: '7 refused in 1\u00a0s',
      tone: 'bad',
    });
    const full = verdict({ free_bytes: 312_000_000, conditions: [condition({ key: 'disk' })] });
    expect(tile('room', sample(1), sample(0), full)).toMatchObject({
      value: '312\u00a0MB',
      detail: 'nearly full',
      tone: 'bad',
    });
  });

  it('say to staff how many days the room lasts (MCH-3)', () => {
    const detail = (fields: Partial<VerdictFrame>): string | undefined =>
      tile('room', sample(1), sample(0), verdict(fields))?.detail;
    expect(detail({ days_left: 42.9 })).toBe('full in 42\u00a0d');
    expect(detail({ days_left: 0.2 })).toBe('full within a day');
    expect(detail({ days_left: 2000 })).toBe('on the disk of the lists');
    expect(detail({ free_bytes: null })).toBe('not on this machine');
  });

  it('lead to the sections that explain them', () => {
    const tiles = nowTiles(sample(1), requestSeries([]), null, null);
    expect(tiles.map(({ to }) => to)).toEqual(
      'delivery lists signals delivery requests requests requests machine'.split(' '),
    );
  });
});

describe('the verdict', () => {
  let connected: ConnectedEngine;
  beforeEach(() => {
    connected = new ConnectedEngine();
    connected.engine.start();
  });

  it('is the one with names for staff, and the other for everybody else', () => {
    const store = new Verdict(connected.engine);
    connected.receive(welcome());
    store.start(false);
    connected.receive(verdict({ sentence: 'for all' }), verdict({ topic: 'ops:verdict' }));
    expect(store.latest?.sentence).toBe('for all');
    store.start(true);
    expect(JSON.stringify(connected.send.mock.calls)).toContain('"ops:verdict"');
    connected.receive(verdict({ topic: 'ops:verdict', sentence: 'for staff' }));
    expect(store.latest?.sentence).toBe('for staff');
    connected.engine.reset();
    expect(store.latest).toBeNull();
  });

  it('says the two most severe conditions, with the time of this browser', () => {
    const conditions = ['database', 'layer', 'disk'].map((key) => condition({ key }));
    const texts = spoken(verdict({ conditions })).map(({ text }) => text);
    expect(texts).toEqual(
      Array.from(
        { length: 2 },
        () => 'Redis does not answer since 14:02. Edits are saved; screens catch up every 2 s.',
      ),
    );
  });

  it('says the beginning of a warning without a note only after a minute', () => {
    const lagging = condition({ text: 'A screen is 1.2 s behind', note: '' });
    const since = Date.parse(lagging.since);
    expect(inWords(lagging, since + 59_000)).toBe('A screen is 1.2 s behind.');
    expect(inWords(lagging, since + 60_000)).toBe('A screen is 1.2 s behind since 14:02.');
    expect(inWords(lagging, since + 86_400_000)).toContain('since 26 Nov 14:02.');
  });
});

describe('the pause', () => {
  it('shows only the newest value when it ends', () => {
    const pause = new Pause(() => false);
    const show = vi.fn();
    const add = pause.hold(show);
    add(1);
    pause.toggle();
    add(2);
    add(3);
    expect(show.mock.calls).toEqual([[1]]);
    pause.toggle();
    expect(show.mock.calls).toEqual([[1], [3]]);
    expect(pause.since).toBeNull();
  });

  it('keeps the samples that arrive meanwhile', () => {
    const connected = new ConnectedEngine();
    const pause = new Pause(() => false);
    const samples = new Samples(connected.engine, pause);
    connected.engine.start();
    connected.receive(sample(0));
    pause.toggle();
    connected.receive(sample(1), sample(2));
    expect([samples.all.length, samples.newest?.at]).toEqual([1, sample(2).at]);
    pause.toggle();
    expect(samples.all).toHaveLength(3);
  });

  it('hides the people of a list that the user has lost at once', () => {
    const connected = new ConnectedEngine();
    const pause = new Pause(() => false);
    const people = new People(connected.engine, pause);
    connected.engine.start();
    const since = '2026-11-26T10:00:00Z';
    const frame: ServerFrame = {
      type: 'people',
      topic: 'people',
      people: [{ id: 3, name: 'Ana', lists: [{ list: 'one', state: 'viewing', since }] }],
      screens: [{ list: 'one', identical: 2, behind: 0, different: 0 }],
    };
    connected.receive(frame);
    expect([people.all?.length, people.screens.get('one')?.identical]).toEqual([1, 2]);
    pause.toggle();
    connected.receive({ type: 'left', list: 'one' });
    expect([people.all, people.screens.size]).toEqual([[], 0]);
  });
});

describe('the crosshair', () => {
  it('begins at the newest point, moves by points, and stays inside', () => {
    const view = new ChartView();
    const stop = view.register([100, 101, 102.4, 103]);
    view.move(-1);
    expect(view.time).toBe(103);
    view.move(-1);
    expect(view.time).toBe(102.4);
    view.move(-10);
    expect(view.time).toBe(100);
    view.move(1);
    expect(view.time).toBe(101);
    stop();
    view.time = null;
    view.move(1);
    expect(view.time).toBeNull();
  });
});

it('formats rates, times that passed and bytes', () => {
  expect([formatRate(null), formatRate(0), formatRate(12.44)]).toEqual(['–', '0/s', '12.4/s']);
  expect([0.4, 59, 240, 12_000, 7200, 273_600].map(formatSeconds)).toEqual([
    '0\u00a0s',
    '59\u00a0s',
    '4\u00a0min',
    '3\u00a0h 20\u00a0min',
    '2\u00a0h',
    '3\u00a0d 4\u00a0h',
  ]);
  expect([900_000, 312_400_000, 31_200_000_000, 2e12].map(formatBytes)).toEqual([
    '900\u00a0kB',
    '312\u00a0MB',
    '31.2\u00a0GB',
    '2\u00a0TB',
  ]);
});
