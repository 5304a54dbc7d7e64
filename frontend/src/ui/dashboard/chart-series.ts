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

/** Something that happened, for example a start of the server. Times are in seconds since 1970. */
export interface ChartMark {
  /** Different for each mark, and the same as long as the mark exists. */
  key: string;
  at: number;
  /** The end of a condition; null while it goes on; `at` if it is a moment. */
  until: number | null;
  kind: 'start' | 'stop' | 'version' | 'fault' | 'condition';
  label: string;
}

export const MARK_SIGNS: Record<ChartMark['kind'], string> = {
  start: '▲',
  stop: '■',
  version: '◆',
  fault: '✕',
  condition: '!',
};

/** The end of a condition. */
export const END_SIGN = '✓';

const DASHES = { solid: '', dashed: '6 4', dotted: '1.5 4' };

export function dashOf({ dash = 'solid' }: ChartSeries): string {
  return DASHES[dash];
}
