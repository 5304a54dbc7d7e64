import type { Verb } from '../protocol/rest';
import type { ActivitySummary } from './activity-text';
import type { HistoryEntry } from './history-entry';

/** Changes of the same kind that one user made one after another, newest first. */
export interface HistoryRun {
  entries: readonly [HistoryEntry, ...HistoryEntry[]];
  /** All of them as one change. */
  summary: ActivitySummary;
}

/** Two changes with a longer time between them are not of the same run, in milliseconds. */
const MAX_PAUSE = 5 * 60_000;
/** Not edits: each of them says from what to what. */
const ITEM_VERB = /^items?\.(added|ticked|unticked|moved|removed)$/;

/** Group entries, newest first, into runs. An entry that is like neither neighbour is alone. */
export function groupRuns(entries: readonly HistoryEntry[]): HistoryRun[] {
  const runs: [HistoryEntry, ...HistoryEntry[]][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    const previous = run?.at(-1);
    if (run && previous && isSameRun(previous, entry)) run.push(entry);
    else runs.push([entry]);
  }
  return runs.map((run) => ({ entries: run, summary: summaryOfRun(run) }));
}

function isSameRun(later: HistoryEntry, earlier: HistoryEntry): boolean {
  const kind = kindOf(later.summary.verb);
  const pause = Date.parse(later.at) - Date.parse(earlier.at);
  return (
    kind !== null &&
    kind === kindOf(earlier.summary.verb) &&
    isSameActor(later.summary, earlier.summary) &&
    later.version === earlier.version + 1 &&
    pause <= MAX_PAUSE
  );
}

/** What was done to items, of one and of many the same. Null: it stands alone. */
function kindOf(verb: Verb): string | null {
  return ITEM_VERB.exec(verb)?.[1] ?? null;
}

function isSameActor({ actor: a }: ActivitySummary, { actor: b }: ActivitySummary): boolean {
  return a?.id === b?.id && a?.name === b?.name;
}

function summaryOfRun([newest, ...others]: [HistoryEntry, ...HistoryEntry[]]): ActivitySummary {
  if (others.length === 0) return newest.summary;
  const summaries = [newest.summary, ...others.map(({ summary }) => summary)];
  const names = [...new Set(summaries.flatMap((summary) => summary.names))];
  const counted = summaries.reduce((sum, { count }) => sum + count, 0);
  // An item that was changed twice counts once, as far as its name is known.
  const isEachNamed = summaries.every((summary) => summary.names.length === summary.count);
  const count = isEachNamed ? names.length : counted;
  return { ...newest.summary, names, count, fields: {} };
}
