import type { RouteFigures, RouteRow } from '../protocol/frames';

/** The time that the figures of a table are about. */
export type Span = 'minute' | 'total';

/** A row of the table, with the figures of the chosen time. */
export interface ShownRoute {
  key: string;
  method: string;
  route: string;
  figures: RouteFigures;
  /** The part of the time of all requests that this route took, from 0 to 1. */
  share: number;
}

export const COLUMNS = [
  { name: 'route', label: 'Route', title: 'Method and URL pattern' },
  { name: 'share', label: 'Share', title: 'Part of the time of all requests' },
  { name: 'requests', label: 'Requests', title: 'With a response, or aborted by the client' },
  { name: 'p50', label: 'p50', title: 'Half of the requests were at least as fast' },
  { name: 'p95', label: 'p95', title: '95 of 100 requests were at least as fast' },
  { name: 'p99', label: 'p99', title: '99 of 100 requests were at least as fast' },
  { name: 'slowest', label: 'Slowest', title: 'The slowest request' },
  { name: 'errors', label: 'Errors', title: 'Responses with 5xx, and exceptions' },
  { name: 'queries', label: 'Queries', title: 'Queries of one request, on average' },
  { name: 'queryTime', label: 'Query time', title: 'Time in queries of one request, on average' },
] as const;

export type Column = (typeof COLUMNS)[number]['name'];

export interface Filter {
  outcome: 'all' | 'errors' | 'refused' | 'aborted';
  /** Milliseconds that the p95 exceeds; 0 for any. */
  slowerThan: number;
  /** A part of the method or of the pattern. */
  text: string;
}

export function keyOf({ method, route }: Pick<RouteRow, 'method' | 'route'>): string {
  return `${method} ${route}`;
}

/** How a method and a pattern are called on the screen. */
export function nameOf({ method, route }: Pick<RouteRow, 'method' | 'route'>): string {
  if (method === '') return route === '' ? 'No such path' : 'Other routes';
  return `${method} ${route}`;
}

/** Put the rows of a frame over those before it. */
export function mergeRows(
  before: readonly RouteRow[],
  rows: readonly RouteRow[],
): readonly RouteRow[] {
  const merged = new Map(before.map((row) => [keyOf(row), row]));
  for (const row of rows) merged.set(keyOf(row), row);
  return [...merged.values()];
}

/** Return the rows with requests in a time, and their shares of its time. */
export function shownRoutes(rows: readonly RouteRow[], span: Span): ShownRoute[] {
  const shown = rows.flatMap((row) => {
    const figures = span === 'total' ? row.total : row.last_minute;
    const { method, route } = row;
    return figures ? [{ key: keyOf(row), method, route, figures, share: 0 }] : [];
  });
  const time = shown.reduce((sum, row) => sum + row.figures.time_ms, 0);
  return shown.map((row) => ({ ...row, share: time > 0 ? row.figures.time_ms / time : 0 }));
}

/** The number of responses whose code is in a range of hundreds: 4 for 4xx. */
export function responsesOf({ statuses }: RouteFigures, hundreds: number): number {
  return Object.entries(statuses)
    .filter(([code]) => Math.floor(Number(code) / 100) === hundreds)
    .reduce((sum, [, count]) => sum + count, 0);
}

export function filterRoutes(routes: readonly ShownRoute[], filter: Filter): ShownRoute[] {
  const text = filter.text.trim().toLowerCase();
  return routes.filter(
    (row) =>
      hasOutcome(row.figures, filter.outcome) &&
      (filter.slowerThan === 0 || (row.figures.latency_ms['p95'] ?? 0) > filter.slowerThan) &&
      nameOf(row).toLowerCase().includes(text),
  );
}

function hasOutcome(figures: RouteFigures, outcome: Filter['outcome']): boolean {
  if (outcome === 'errors') return figures.errors > 0;
  if (outcome === 'refused') return responsesOf(figures, 4) > 0;
  return outcome === 'all' || figures.aborted > 0;
}

/** Sort by a column; equal rows by their share. Names ascend, and figures descend at first. */
export function sortRoutes(
  routes: readonly ShownRoute[],
  column: Column,
  isReversed: boolean,
): ShownRoute[] {
  const direction = isReversed ? -1 : 1;
  return [...routes].sort((first, second) => {
    const order =
      column === 'route'
        ? first.route.localeCompare(second.route) || first.method.localeCompare(second.method)
        : valueOf(second, column) - valueOf(first, column);
    return direction * order || second.share - first.share || (first.key < second.key ? -1 : 1);
  });
}

function valueOf(row: ShownRoute, column: Exclude<Column, 'route'>): number {
  const { figures } = row;
  switch (column) {
    case 'share':
      return row.share;
    case 'requests':
      return figures.requests;
    case 'slowest':
      return figures.slowest_ms;
    case 'errors':
      return figures.errors;
    case 'queries':
      return perRequest(figures.queries, figures);
    case 'queryTime':
      return perRequest(figures.query_ms, figures);
    default:
      return figures.latency_ms[column] ?? -1;
  }
}

/** The part of a sum that belongs to one request, on average. */
export function perRequest(sum: number, { requests }: RouteFigures): number {
  return requests > 0 ? sum / requests : 0;
}

/** The responses of all rows by their code, in ascending order. */
export function answersByCode(rows: readonly RouteRow[]): {
  code: string;
  total: number;
  minute: number;
}[] {
  const sums = new Map<string, { total: number; minute: number }>();
  const sumOf = (code: string): { total: number; minute: number } => {
    const sum = sums.get(code) ?? { total: 0, minute: 0 };
    sums.set(code, sum);
    return sum;
  };
  for (const row of rows) {
    for (const [code, count] of Object.entries(row.total.statuses)) sumOf(code).total += count;
    for (const [code, count] of Object.entries(row.last_minute?.statuses ?? {}))
      sumOf(code).minute += count;
  }
  return [...sums]
    .map(([code, sum]) => ({ code, ...sum }))
    .sort((first, second) => Number(first.code) - Number(second.code));
}
