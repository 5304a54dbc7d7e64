import { REQUESTS_TOPIC } from './dashboard-topic';

/** The windows of the request counters, shortest first, with their lengths in seconds. */
export const WINDOWS = [
  { name: '5m', seconds: 300, words: '5 minutes' },
  { name: '1h', seconds: 3600, words: 'hour' },
  { name: '6h', seconds: 21_600, words: '6 hours' },
  { name: '24h', seconds: 86_400, words: '24 hours' },
  { name: '7d', seconds: 604_800, words: '7 days' },
] as const;

export type WindowName = (typeof WINDOWS)[number]['name'];

/** The topic of the request counters of a window. */
export function windowTopic(name: WindowName): string {
  return `${REQUESTS_TOPIC}:${name}`;
}
