import * as m from '#messages';
import { REGIONAL_LOCALE } from './region';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let format: Intl.RelativeTimeFormat | undefined;

/** "just now", "2 min ago", "3 hr ago", "yesterday", "3 days ago", or the date. */
export function relativeTime(time: string, now: number): string {
  const then = new Date(time);
  const seconds = (now - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (seconds < 45) return m.time_just_now();
  if (seconds < 45 * MINUTE) return ago(Math.max(1, Math.round(seconds / MINUTE)), 'minute');
  if (seconds < 22 * HOUR) return ago(Math.max(1, Math.round(seconds / HOUR)), 'hour');
  if (seconds < 2 * DAY) return ago(1, 'day');
  if (seconds < 7 * DAY) return ago(Math.floor(seconds / DAY), 'day');
  return then.toLocaleDateString(REGIONAL_LOCALE, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
}

function ago(value: number, unit: 'minute' | 'hour' | 'day'): string {
  format ??= new Intl.RelativeTimeFormat(REGIONAL_LOCALE, { style: 'short', numeric: 'auto' });
  const text = format.format(-value, unit);
  // English of the United States abbreviates with a period, unlike the rest of the app.
  return __LOCALE__ === 'en' ? text.replace('.', '') : text;
}

/** The time of day, with seconds. */
export function timeOfDay(time: string): string {
  return new Date(time).toLocaleTimeString(REGIONAL_LOCALE, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
