import { clockTime } from '../../stores/clock-time';

/** Since when totals are counted: "since 14:02" today, "since 22 Nov", "since 22 Nov 2025". */
export function sinceText(since: string, now: string): string {
  const [then, today] = [new Date(since), new Date(now)];
  if (then.toDateString() === today.toDateString())
    return `since ${clockTime(then.getTime()).slice(0, 5)}`;
  const isThisYear = then.getFullYear() === today.getFullYear();
  const date = then.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  });
  return `since ${date}`;
}
