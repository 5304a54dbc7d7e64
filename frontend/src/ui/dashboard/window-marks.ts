import type { Condition, Mark, Verdict } from '../../protocol/frames';
import { formatSeconds } from '../number-format';
import type { ChartMark } from './chart-series';

/** Marks of one kind that are closer than this share of the window are one sign. */
const TOGETHER = 1 / 120;
/** Conditions that are not marked: processes that stop have marks of their own. */
const UNMARKED = new Set(['processes', 'crash']);
/** Conditions that are said for longer than they last: their mark is a moment. */
const MOMENTARY = new Set(['history']);
/** Seconds by which two reports of the same condition may differ. */
const MAX_DIFFERENCE = 10;

interface Span {
  key: string;
  text: string;
  since: number;
  /** Null while the condition goes on. */
  until: number | null;
}

/**
 * What happened in a window, as signs of the charts: oldest first. The stored marks are up to 20
 * seconds old, so the conditions of the verdict are added.
 */
export function chartMarks(
  marks: readonly Mark[],
  windowSeconds: number,
  verdict: Verdict | null = null,
): ChartMark[] {
  return [...processMarks(marks, windowSeconds), ...conditionMarks(marks, verdict)].sort(
    (a, b) => a.at - b.at,
  );
}

function processMarks(marks: readonly Mark[], windowSeconds: number): ChartMark[] {
  const groups: { kind: ChartMark['kind']; at: number; marks: Mark[] }[] = [];
  for (const mark of marks) {
    if (mark.kind === 'condition') continue;
    const at = secondsOf(mark.at);
    const group = groups.findLast(({ kind }) => kind === mark.kind);
    if (group && at - group.at <= windowSeconds * TOGETHER) group.marks.push(mark);
    else groups.push({ kind: mark.kind, at, marks: [mark] });
  }
  return groups.map(({ kind, at, marks: grouped }) => ({
    key: `${kind} ${at}`,
    kind,
    at,
    until: at,
    label: labelOf(kind, grouped),
  }));
}

function labelOf(kind: ChartMark['kind'], marks: readonly Mark[]): string {
  const count = marks.length;
  const who = count === 1 ? 'A process' : `${count} processes`;
  const versions = [...new Set(marks.map(({ version }) => version))].join(', ');
  if (kind === 'version') return `Version ${versions} started`;
  if (kind === 'start') return `${who} started, version ${versions}`;
  if (kind === 'stop') return `${who} stopped`;
  return `${who} went silent without a stop`;
}

function conditionMarks(marks: readonly Mark[], verdict: Verdict | null): ChartMark[] {
  const spans = marks
    .filter(({ kind }) => kind === 'condition')
    .map<Span>(({ at, key, text, until }) => ({
      key: key ?? '',
      text: text ?? '',
      since: secondsOf(at),
      until: until ? secondsOf(until) : null,
    }));
  for (const condition of verdict ? [...verdict.recent, ...verdict.conditions] : []) {
    if (UNMARKED.has(condition.key)) continue;
    const newer = spanOf(condition);
    const index = spans.findIndex((span) => isSame(span, newer));
    const stored = spans[index];
    if (!stored) spans.push(newer);
    else if (stored.until === null || newer.until === null)
      spans[index] = { ...stored, until: newer.until };
  }
  return spans.map(({ key, text, since, until }) => ({
    key: `${key} ${since}`,
    kind: 'condition',
    at: since,
    until,
    label: `${text}${durationText(since, until)}`,
  }));
}

function spanOf({ key, text, since, until }: Condition): Span {
  const start = secondsOf(since);
  const end = until === null ? null : secondsOf(until);
  return { key, text: `${text}.`, since: start, until: MOMENTARY.has(key) ? start : end };
}

function isSame(one: Span, other: Span): boolean {
  const [end, otherEnd] = [one.until ?? Infinity, other.until ?? Infinity];
  return (
    one.key === other.key &&
    one.since <= otherEnd + MAX_DIFFERENCE &&
    other.since <= end + MAX_DIFFERENCE
  );
}

function durationText(since: number, until: number | null): string {
  if (until === null) return ' It goes on.';
  return until - since >= 1 ? ` It lasted ${formatSeconds(until - since)}.` : '';
}

function secondsOf(moment: string): number {
  return Date.parse(moment) / 1000;
}
