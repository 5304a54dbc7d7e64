import { describe, expect, it } from 'vitest';
import type { Condition, Mark, Verdict } from '../src/protocol/frames';
import { chartMarks } from '../src/ui/dashboard/window-marks';

const AT = Date.parse('2026-11-22T10:00:00Z');
const moment = (seconds: number): string => new Date(AT + seconds * 1000).toISOString();
const second = (seconds: number): number => AT / 1000 + seconds;

function stored(since: number, until: number | null, key = 'layer'): Mark {
  return {
    at: moment(since),
    kind: 'condition',
    process: '',
    version: '',
    key,
    text: 'Redis does not answer.',
    until: until === null ? null : moment(until),
  };
}

function condition(since: number, until: number | null, key = 'layer'): Condition {
  return {
    key,
    severity: 'warning',
    since: moment(since),
    until: until === null ? null : moment(until),
    text: 'Redis does not answer',
    note: '',
    section: 'machine',
  };
}

function verdict(conditions: Condition[], recent: Condition[] = []): Verdict {
  return {
    type: 'verdict',
    topic: 'verdict',
    at: moment(60),
    started_at: moment(-60),
    state: 'warning',
    sentence: '',
    health: { database: true, layer: false },
    free_bytes: null,
    days_left: null,
    conditions,
    recent,
  };
}

describe('marks of conditions', () => {
  it('MET-25 say the sentence and how long it lasted', () => {
    expect(chartMarks([stored(0, 12), stored(30, null, 'disk')], 300)).toEqual([
      {
        key: `layer ${second(0)}`,
        kind: 'condition',
        at: second(0),
        until: second(12),
        label: 'Redis does not answer. It lasted 12\u00a0s.',
      },
      {
        key: `disk ${second(30)}`,
        kind: 'condition',
        at: second(30),
        until: null,
        label: 'Redis does not answer. It goes on.',
      },
    ]);
  });

  it('do not say how long it lasted below one second', () => {
    expect(chartMarks([stored(0, 0.4)], 300)).toMatchObject([{ label: 'Redis does not answer.' }]);
  });

  it('MET-25 are shown before they are stored, and once', () => {
    const now = verdict([condition(40, null)]);
    const ends = (marks: Mark[], of: Verdict): (number | null)[] =>
      chartMarks(marks, 300, of).map(({ until }) => until);
    expect(ends([], now)).toEqual([null]);
    expect(ends([stored(39, null)], now)).toEqual([null]);
    const over = verdict([], [condition(40, 48)]);
    expect(ends([stored(39, null)], over)).toEqual([second(48)]);
    expect(ends([stored(39, 48)], over)).toEqual([second(48)]);
    expect(ends([stored(0, 12)], over)).toEqual([second(12), second(48)]);
  });

  it('MET-25 are a moment if the database was an older copy, and none if processes stopped', () => {
    const latest = verdict([condition(40, null, 'history'), condition(41, null, 'processes')]);
    expect(chartMarks([], 300, latest).map(({ at, until }) => [at, until])).toEqual([
      [second(40), second(40)],
    ]);
  });

  it('have different keys at the same moment', () => {
    const marks = chartMarks([stored(0, 12), stored(0, 12, 'database')], 300);
    expect(new Set(marks.map(({ key }) => key)).size).toBe(2);
  });
});
