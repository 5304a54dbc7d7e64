import { clockTime } from '../../stores/clock-time';
import { withUnit } from '../number-format';
import type { TimeAxis } from './chart-geometry';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The label of a time below a chart: as short as the length of the axis allows. */
export function tickText(seconds: number, axis: TimeAxis): string {
  const length = axis.end - axis.start;
  const text = clockTime(seconds * 1000);
  if (length > 2 * DAY) return text.startsWith('00:00') ? dayOf(seconds) : text.slice(0, 5);
  return length > 600 ? text.slice(0, 5) : text;
}

/** A moment inside of an axis: with the day if the axis is longer than a day. */
export function momentText(seconds: number, axis: TimeAxis): string {
  const length = axis.end - axis.start;
  const text = clockTime(seconds * 1000);
  if (length >= DAY) return `${dayOf(seconds)} ${text.slice(0, 5)}`;
  return length > HOUR ? text.slice(0, 5) : text;
}

/** The time of a point: a moment, or from when to when it counts. */
export function pointText(middle: number, step: number): string {
  if (step < 2) return clockTime(middle * 1000);
  const [start, end] = [middle - step / 2, middle + step / 2].map((time) =>
    clockTime(time * 1000).slice(0, step < 60 ? 8 : 5),
  ) as [string, string];
  const day = step >= 300 ? `${dayOf(middle)} ` : '';
  return `${day}${start}–${end}`;
}

/** How long a point of a window is, in words. */
export function stepText(step: number): string {
  if (step < 2) return 'a second';
  if (step < 60) return withUnit(Math.round(step), 's');
  return step < HOUR ? withUnit(Math.round(step / 60), 'min') : 'an hour';
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric' });
}
