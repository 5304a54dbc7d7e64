import type { Condition, Verdict } from '../../protocol/frames';

/** A condition of the verdict: its key, when it holds, and whether it is posted. */
export interface AlertRule {
  key: Condition['key'];
  when: string;
  isPosted: boolean;
}

const rule = (key: string, when: string, isPosted = true): AlertRule => ({ key, when, isPosted });

/** All rules in the order of live/metrics/verdict.py. */
export const ALERT_RULES: readonly AlertRule[] = [
  rule('database', 'The database does not answer within 3 s, or cannot be written'),
  rule('different', 'A screen shows other rows than the database for 5 s'),
  rule('history', 'The database is an older copy of itself'),
  rule('layer', 'The channel layer (Redis) does not answer'),
  rule('disk', 'The disk has less than 500 MB, or is full within 7 days'),
  rule('processes', 'A process stopped, and no other took its place'),
  rule('crash', 'A process crashed in the last minute, or 3 times in an hour'),
  rule('errors', 'Responses with 5xx in the last minute'),
  rule('busy', 'For 10 s, more requests are open than are handled at once'),
  rule('slow', 'For 2 min, p95 of the response time is 500 ms or more'),
  rule('late', 'For 5 min, the loop lag of a process is 250 ms or more'),
  rule('lagging', 'A screen does not show a change for 4 s', false),
];

/** The condition of a rule that holds now, or the newest one that ended in the last hour. */
export function lastCondition(verdict: Verdict | null, key: string): Condition | null {
  const { conditions = [], recent = [] } = verdict ?? {};
  return [...conditions, ...recent].find((condition) => condition.key === key) ?? null;
}
