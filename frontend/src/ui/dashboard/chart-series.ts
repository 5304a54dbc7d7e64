import type { Values } from './chart-geometry';

/** One series of a chart. Series differ by shape, dash or pattern, and not by colour alone. */
export interface ChartSeries {
  key: string;
  label: string;
  /** The values that the value box and the table show. */
  values: Values;
  shape: 'bars' | 'narrow bars' | 'area' | 'line';
  tone: 'accent' | 'second' | 'warn' | 'danger' | 'muted';
  /** How bars and areas are filled. */
  fill?: 'solid' | 'light' | 'hatched' | 'dotted' | 'crossed';
  /** How a line is drawn. */
  dash?: 'solid' | 'dashed' | 'dotted';
  /** Where it is drawn, if it does not begin at 0. */
  span?: { base: Values; top: Values };
}

/** Something that happened at a moment, for example a start of the server. */
export interface ChartMark {
  /** In seconds since 1970. */
  at: number;
  kind: 'start' | 'stop' | 'version' | 'fault';
  label: string;
}

export const MARK_SIGNS: Record<ChartMark['kind'], string> = {
  start: '▲',
  stop: '▼',
  version: '◆',
  fault: '✕',
};

const DASHES = { solid: '', dashed: '6 4', dotted: '1.5 4' };

export function dashOf({ dash = 'solid' }: ChartSeries): string {
  return DASHES[dash];
}
