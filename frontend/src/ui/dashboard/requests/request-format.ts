import { formatDuration, withUnit } from '../../number-format';

/** The upper bounds of the bars of a histogram in ms (live/protocol/frames.py). */
const BAR_LABELS = [
  ...['1 ms', '2 ms', '5 ms', '10 ms', '20 ms', '50 ms', '100 ms', '200 ms', '500 ms'],
  ...['1 s', '2 s', '5 s', 'more'],
];

const MEANINGS: Record<string, string> = {
  '200': 'OK',
  '201': 'created',
  '204': 'no content',
  '301': 'moved permanently',
  '302': 'redirect',
  '304': 'not modified',
  '308': 'moved permanently',
  '400': 'bad request',
  '401': 'not signed in',
  '403': 'forbidden',
  '404': 'not found',
  '405': 'method not allowed',
  '409': 'conflict',
  '412': 'changed meanwhile',
  '413': 'too large',
  '415': 'wrong media type',
  '426': 'upgrade required',
  '429': 'throttled',
  '500': 'server error',
  '503': 'unavailable',
};

/** The bars of a histogram from the first to the last with requests. */
export function barsOf(histogram: readonly number[]): { label: string; count: number }[] {
  const bars = histogram.map((count, index) => ({ label: BAR_LABELS[index] ?? '', count }));
  const first = bars.findIndex(({ count }) => count > 0);
  const last = bars.findLastIndex(({ count }) => count > 0);
  return first < 0 ? [] : bars.slice(first, last + 1);
}

/** What a code means, in words. */
export function meaningOf(code: string): string {
  return MEANINGS[code] ?? (Number(code) >= 500 ? 'failed' : '');
}

/** Format a part of a whole: 41 % · 3.2 % · <0.1 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return withUnit(0, '%');
  if (percent < 0.1) return withUnit('<0.1', '%');
  return withUnit(percent >= 10 ? Math.round(percent) : percent.toFixed(1), '%');
}

/** Format an average: 8 · 8.4 · 0.3. */
export function formatAverage(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Format an age; it is of no use to see it change faster than ten times a second. */
export function formatAge(milliseconds: number): string {
  return formatDuration(milliseconds < 1000 ? Math.round(milliseconds / 10) * 10 : milliseconds);
}
