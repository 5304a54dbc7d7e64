import type { Values } from './chart-geometry';

/** One series of a chart. Series differ by shape, dash or pattern, and not by colour alone. */
export interface ChartSeries {
  key: string;
  label: string;
  /** The values that the value box and the table show. */
  values: Values;
  /** Text is not drawn: it is in the value box and in the table. */
  shape: 'bars' | 'narrow bars' | 'area' | 'line' | 'text';
  tone: 'accent' | 'second' | 'warn' | 'danger' | 'muted' | 'ink';
  /** How bars and areas are filled. */
  fill?: 'solid' | 'light' | 'hatched' | 'dotted' | 'crossed';
  /** How a line is drawn. */
  dash?: 'solid' | 'dashed' | 'dotted';
  /** Where it is drawn, if it does not begin at 0. */
  span?: { base: Values; top: Values };
  /** A value with its unit, if it is not that of the chart. */
  format?: (value: number | null) => string;
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
  stop: '■',
  version: '◆',
  fault: '✕',
};

const DASHES = { solid: '', dashed: '6 4', dotted: '1.5 4' };

export function dashOf({ dash = 'solid' }: ChartSeries): string {
  return DASHES[dash];
}
