import type { Activity, ChangedRow, Role, Verb } from '../protocol/rest';
import type { Change } from '../protocol/types';
import type { Replica } from '../sync/replica';
import { isAllowed } from './permissions';
import { summaryOfActivity, summaryOfChange, type ActivitySummary } from './activity-text';

/** One change of a list, as its history shows it. */
export interface HistoryEntry {
  version: number;
  at: string;
  summary: ActivitySummary;
  /** The version of the change that this one undid. */
  undoes: number | null;
  /** What undoing it takes; null where that is not possible. */
  requiredRight: 'tick' | 'edit' | 'manage' | null;
}

const TICK_VERBS = /^items?\.(?:un)?ticked$/;

/** What undoing a change takes. Members come and go on the share dialog, lists in the trash. */
export function requiredRightOf(verb: Verb): HistoryEntry['requiredRight'] {
  if (TICK_VERBS.test(verb)) return 'tick';
  if (/^items?\./.test(verb) || verb === 'undo') return 'edit';
  return verb === 'list.renamed' ? 'manage' : null;
}

export function entryFromActivity(activity: Activity, listName: string): HistoryEntry {
  const { version, at, undoes, verb, changes } = activity;
  const requiredRight = verb === 'undo' ? requiredRightOfUndo(changes) : requiredRightOf(verb);
  return { version, at, undoes, requiredRight, summary: summaryOfActivity(activity, listName) };
}

export function entryFromChange(change: Change, before: Replica): HistoryEntry {
  const { version, at, verb } = change;
  const undoes = change.undoes ?? null;
  const requiredRight = verb === 'undo' && change.list ? 'manage' : requiredRightOf(verb);
  return { version, at, undoes, requiredRight, summary: summaryOfChange(change, before) };
}

/** An undo of a list's name is an owner's to undo. */
function requiredRightOfUndo(rows: readonly ChangedRow[]): HistoryEntry['requiredRight'] {
  return rows.some(({ list }) => list !== undefined) ? 'manage' : 'edit';
}

/** Newest first, each version once; what is told later wins. */
export function mergeEntries(
  known: readonly HistoryEntry[],
  added: readonly HistoryEntry[],
): HistoryEntry[] {
  const byVersion = new Map([...known, ...added].map((entry) => [entry.version, entry]));
  return [...byVersion.values()].sort((a, b) => b.version - a.version);
}

/**
 * Which changes are undone, each with the change that did it.
 *
 * An undo that was undone itself does not count any more.
 */
export function undoneVersions(
  entries: readonly HistoryEntry[],
): ReadonlyMap<number, HistoryEntry> {
  const undone = new Map<number, HistoryEntry>();
  // From the newest, so that whether an undo still counts is known when it is reached.
  for (const entry of [...entries].sort((a, b) => b.version - a.version)) {
    const isEffective = entry.undoes !== null && !undone.has(entry.version);
    if (isEffective && !undone.has(entry.undoes ?? 0)) undone.set(entry.undoes ?? 0, entry);
  }
  return undone;
}

/** What can be done about a change by somebody of this role. */
export function canUndo(
  { version, requiredRight }: HistoryEntry,
  undone: ReadonlyMap<number, HistoryEntry>,
  role: Role,
): boolean {
  return requiredRight !== null && isAllowed(role, requiredRight) && !undone.has(version);
}

/** The change that an undo undid, if it is among these. */
export function undoTarget(
  entry: HistoryEntry,
  entries: readonly HistoryEntry[],
): HistoryEntry | null {
  return entries.find(({ version }) => version === entry.undoes) ?? null;
}
