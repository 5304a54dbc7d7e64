import type { Mark } from '../../protocol/frames';
import type { ChartMark } from './chart-series';

/** Marks of one kind that are closer than this share of the window are one sign. */
const TOGETHER = 1 / 120;

/** What happened in a window, as signs of the charts: oldest first. */
export function chartMarks(marks: readonly Mark[], windowSeconds: number): ChartMark[] {
  const groups: { kind: ChartMark['kind']; at: number; marks: Mark[] }[] = [];
  for (const mark of marks) {
    const at = Date.parse(mark.at) / 1000;
    const group = groups.findLast(({ kind }) => kind === mark.kind);
    if (group && at - group.at <= windowSeconds * TOGETHER) group.marks.push(mark);
    else groups.push({ kind: mark.kind, at, marks: [mark] });
  }
  return groups
    .map(({ kind, at, marks: grouped }) => ({ kind, at, label: labelOf(kind, grouped) }))
    .sort((a, b) => a.at - b.at);
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
