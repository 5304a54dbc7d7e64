import { REGIONAL_LOCALE } from './region';

const DAY = 24 * 60 * 60 * 1000;

/** When something was, to stand after "since": "14:02", "yesterday", "Tuesday" or "22 Nov". */
export function sinceWhen(time: string, now: number): string {
  const then = new Date(time);
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(then)) / DAY);
  if (days <= 0) return then.toLocaleTimeString(REGIONAL_LOCALE, { timeStyle: 'short' });
  if (days === 1)
    return new Intl.RelativeTimeFormat(REGIONAL_LOCALE, { numeric: 'auto' }).format(-1, 'day');
  if (days < 7) return then.toLocaleDateString(REGIONAL_LOCALE, { weekday: 'long' });
  const isThisYear = then.getFullYear() === new Date(now).getFullYear();
  return then.toLocaleDateString(REGIONAL_LOCALE, {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  });
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
