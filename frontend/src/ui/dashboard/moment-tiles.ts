import type { RequestSeries } from '../../stores/request-series';
import { formatMean, formatNumber } from '../number-format';
import { stepText } from './chart-times';
import { editToScreen, errorTile, responseTime, type NowTile } from './now-tiles';

/** The figures of one point of the charts, as tiles in the order of those of now. */
export function momentTiles(series: RequestSeries, index: number): NowTile[] {
  const value = (column: readonly (number | null)[]): number | null => column[index] ?? null;
  const isPoint = series.step > 2;
  const during = `in ${stepText(series.step)}`;
  /** The percentiles of a second are those of the minute before it. */
  const measured = isPoint ? during : 'for a minute';
  /** Counts of a second; in a longer point they are rates. */
  const count = (column: readonly (number | null)[]): number =>
    Math.round((value(column) ?? 0) * (isPoint ? series.step : 1));
  const rate = (
    column: readonly (number | null)[],
    tile: Pick<NowTile, 'key' | 'label' | 'to'>,
    more = '',
  ): NowTile => ({
    ...tile,
    value: value(column) === null ? '–' : `${formatMean(value(column))}/s`,
    detail:
      value(column) === null ? 'not known' : `${formatNumber(count(column))} ${during}${more}`,
    tone: value(column) ? 'plain' : 'quiet',
    isMain: true,
  });
  const inFlight = value(series.inFlight);
  const people = value(series.people);
  return [
    {
      key: 'people',
      label: 'People here',
      value: people === null ? '–' : formatNumber(people),
      detail: people === null ? 'not known' : isPoint ? `the most ${during}` : 'connected',
      tone: people ? 'plain' : 'quiet',
      to: 'lists',
      isMain: true,
    },
    rate(series.edits, { key: 'edits', label: 'Edits', to: 'signals' }),
    editToScreen(
      { p50: value(series.deliveryP50), p99: value(series.deliveryP99) },
      `nothing sent ${measured}`,
    ),
    rate(
      series.started,
      { key: 'requests', label: 'Requests', to: 'requests' },
      inFlight === null ? '' : ` · ${formatNumber(inFlight)} in flight`,
    ),
    responseTime(
      { p50: value(series.p50), p95: value(series.p95), p99: value(series.p99) },
      `no request ${measured}`,
    ),
    value(series.serverErrors) === null
      ? { ...errorTile(0, 0, during), value: '–', detail: 'not known', tone: 'quiet' }
      : errorTile(count(series.serverErrors), count(series.clientErrors), during),
  ];
}
