import { beforeEach, describe, expect, it } from 'vitest';
import type { EndedRequest, RouteFigures, RouteRow, Routes } from '../src/protocol/frames';
import { RequestsView } from '../src/stores/requests-view.svelte';
import { MAX_TICKER_ENTRIES, requestsOf, type Requests } from '../src/stores/requests.svelte';
import {
  answersByCode,
  filterRoutes,
  mergeRows,
  nameOf,
  shownRoutes,
  sortRoutes,
  type Filter,
} from '../src/stores/route-rows';
import { sectionOfPath } from '../src/stores/section.svelte';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const figures = (fields: Partial<RouteFigures> = {}): RouteFigures => ({
  requests: 1,
  statuses: { '200': 1 },
  aborted: 0,
  errors: 0,
  time_ms: 10,
  latency_ms: { p50: 10, p95: 10, p99: 10 },
  slowest_ms: 10,
  histogram: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  queries: 2,
  query_ms: 1,
  ...fields,
});

const row = (
  route: string,
  total: Partial<RouteFigures> = {},
  minute: Partial<RouteFigures> | null = null,
): RouteRow => ({
  method: route === '' ? '' : 'GET',
  route,
  total: figures(total),
  last_minute: minute && figures(minute),
});

const ended = (request_id: string): EndedRequest => ({
  at: '2026-11-26T10:00:00Z',
  method: 'GET',
  route: '/',
  status: 200,
  ms: 3,
  queries: 1,
  query_ms: 0.1,
  request_id,
  user: 'Ana',
});

const frame = (fields: Partial<Routes> = {}): Routes => ({
  type: 'routes',
  topic: 'ops:routes',
  at: '2026-11-26T10:00:00Z',
  is_complete: true,
  rows: [],
  exceptions: [],
  networks: [],
  slowest: [],
  in_flight: [],
  in_flight_count: 0,
  ...fields,
});

describe('the table of routes', () => {
  const rows = [
    row('/fast/', { time_ms: 10, requests: 100 }, { time_ms: 1 }),
    row('/slow/', { time_ms: 70, latency_ms: { p50: 5, p95: 900, p99: 950 } }),
    row('', { time_ms: 20, statuses: { '404': 3 }, requests: 3, latency_ms: { p95: null } }),
  ];
  const names = (shown: readonly { route: string; method: string }[]): string[] =>
    shown.map(nameOf);

  it('has the share of each route of all time, with the largest first', () => {
    const sorted = sortRoutes(shownRoutes(rows, 'total'), 'share', false);
    expect(names(sorted)).toEqual(['GET /slow/', 'No such path', 'GET /fast/']);
    expect(sorted.map(({ share }) => share)).toEqual([0.7, 0.2, 0.1]);
    expect(names(shownRoutes(rows, 'minute'))).toEqual(['GET /fast/']);
    expect(shownRoutes([row('/', { time_ms: 0 })], 'total')[0]?.share).toBe(0);
  });

  it('sorts by each column, figures descending and names ascending at first', () => {
    const shown = shownRoutes(rows, 'total');
    expect(names(sortRoutes(shown, 'requests', false))[0]).toBe('GET /fast/');
    expect(names(sortRoutes(shown, 'p95', false))).toEqual([
      'GET /slow/',
      'GET /fast/',
      'No such path',
    ]);
    expect(names(sortRoutes(shown, 'p95', true))[0]).toBe('No such path');
    expect(names(sortRoutes(shown, 'route', false)).at(-1)).toBe('GET /slow/');
    expect(names(sortRoutes(shown, 'queries', false))[0]).toBe('GET /slow/');
  });

  it.each<[Partial<Filter>, string[]]>([
    [{}, ['GET /fast/', 'GET /slow/', 'No such path']],
    [{ slowerThan: 500 }, ['GET /slow/']],
    [{ outcome: 'refused' }, ['No such path']],
    [{ outcome: 'errors' }, []],
    [{ text: ' FAST' }, ['GET /fast/']],
  ])('the filter %o leaves %j', (filter, expected) => {
    const all: Filter = { outcome: 'all', slowerThan: 0, text: '' };
    const left = filterRoutes(shownRoutes(rows, 'total'), { ...all, ...filter });
    expect(names(left)).toEqual(expected);
  });

  it('adds up the answers of all routes by code', () => {
    const answers = answersByCode([
      row('/a/', { statuses: { '200': 5, '404': 2 } }, { statuses: { '200': 1 } }),
      row('/b/', { statuses: { '200': 1, '101': 1 } }),
    ]);
    expect(answers).toEqual([
      { code: '101', total: 1, minute: 0 },
      { code: '200', total: 6, minute: 1 },
      { code: '404', total: 2, minute: 0 },
    ]);
  });

  it('replaces rows by those of a later frame', () => {
    const merged = mergeRows(rows, [row('/slow/', { requests: 9 })]);
    expect(merged).toHaveLength(3);
    expect(merged.find(({ route }) => route === '/slow/')?.total.requests).toBe(9);
  });
});

describe('the store', () => {
  let connected: ConnectedEngine;
  let requests: Requests;

  beforeEach(() => {
    connected = new ConnectedEngine();
    requests = requestsOf(connected.engine);
    connected.engine.start();
    connected.receive(welcome());
  });

  const sent = (): string => JSON.stringify(connected.send.mock.calls);

  it('keeps what a frame leaves out, and drops what a complete frame does not have', () => {
    requests.start();
    expect(sent()).toContain('ops:routes');
    expect(requests.isLoaded).toBe(false);
    connected.receive(frame({ rows: [row('/a/'), row('/b/')], slowest: [ended('1')] }));
    expect(requests.isLoaded).toBe(true);
    connected.receive(
      frame({ is_complete: false, rows: [row('/c/')], slowest: null, in_flight_count: 4 }),
    );
    expect(requests.rows.map(({ route }) => route)).toEqual(['/a/', '/b/', '/c/']);
    expect(requests.slowest).toHaveLength(1);
    expect(requests.inFlightCount).toBe(4);
    connected.receive(frame({ rows: [row('/a/')] }));
    expect(requests.rows.map(({ route }) => route)).toEqual(['/a/']);
    expect(requests.slowest).toEqual([]);
  });

  it('follows the ticker only while it runs, and keeps the newest entries', () => {
    const stop = requests.start();
    expect(sent()).not.toContain('ops:ticker');
    requests.startTicker();
    expect(sent()).toContain('ops:ticker');
    for (let second = 0; second < 3; second += 1)
      connected.receive({
        type: 'ticker',
        topic: 'ops:ticker',
        at: '2026-11-26T10:00:00Z',
        requests: Array.from({ length: 50 }, (_, index) => ended(`${second}-${index}`)),
        omitted: 2,
      });
    expect(requests.ticker).toHaveLength(MAX_TICKER_ENTRIES);
    expect(requests.ticker[0]?.request_id).toBe('2-0');
    expect(requests.omitted).toBe(6);
    stop();
    expect(requests.isTicking).toBe(false);
    expect(requests.ticker).toHaveLength(MAX_TICKER_ENTRIES);
  });

  it('is the same one when the section is opened again', () => {
    expect(requestsOf(connected.engine)).toBe(requests);
  });
});

it('the address has what the table shows', () => {
  const view = new RequestsView('?window=1m&sort=p95&show=errors&slower=500&route=GET+%2F');
  expect([view.span, view.column, view.outcome, view.slowerThan, view.openKey]).toEqual([
    'minute',
    'p95',
    'errors',
    500,
    'GET /',
  ]);
  expect(new RequestsView(view.search).search).toBe(view.search);
  view.sortBy('p95');
  expect(view.isReversed).toBe(true);
  view.sortBy('errors');
  expect([view.column, view.isReversed]).toEqual(['errors', false]);
  view.clearFilter();
  expect(view.isFiltered).toBe(false);
  expect(new RequestsView('').search).toBe('');
  expect(new RequestsView('?sort=nonsense&show=nothing&slower=x').search).toBe('');
  expect(sectionOfPath('/dashboard/requests/')).toBe('requests');
});
