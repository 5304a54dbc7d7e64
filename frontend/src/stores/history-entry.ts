import type { Activity, Role, Verb } from '../protocol/rest';
import type { Change } from '../protocol/frames';
import type { Replica } from '../sync/replica';
import { isAllowed } from './permissions';
import { summaryOfActivity, summaryOfChange, type ActivitySummary } from './activity-text';

/** One change of a list, as the history shows it. */
export interface HistoryEntry {
  version: number;
  at: string;
  summary: ActivitySummary;
  /** The version of the change that this one undid. */
  undoes: number | null;
  /** The right that a user needs to undo it. Null if it cannot be undone. */
  requiredRight: 'tick' | 'edit' | 'manage' | null;
}

/** What a change of the settings of a list changes, in its row and in items. */
const SETTING_FIELDS: ReadonlySet<string> = new Set(['aisles', 'shops', 'staples', 'category']);
const TICK_VERBS = /^items?\.(?:un)?ticked$/;

/** The right needed to undo a change. Members and deleted lists are managed elsewhere. */
export function requiredRightOf(verb: Verb): HistoryEntry['requiredRight'] {
  if (TICK_VERBS.test(verb)) return 'tick';
  if (/^items?\./.test(verb) || verb === 'undo') return 'edit';
  return verb === 'list.renamed' ? 'manage' : null;
}

/** The same, with what is known of the fields: a user who may tick may also mark items. */
function requiredRight(
  { verb, fields }: ActivitySummary,
  { isOfList, hasMembers }: { isOfList: boolean; hasMembers: boolean },
): HistoryEntry['requiredRight'] {
  const names = Object.keys(fields);
  if (verb === 'item.edited' && names.length > 0 && names.every((name) => name === 'not_found'))
    return 'tick';
  if (verb === 'list.edited' && isOfList && !hasMembers) return 'edit';
  // If an undo renamed the list, only an owner can undo it.
  const isOfSettings = names.length > 0 && names.every((name) => SETTING_FIELDS.has(name));
  return verb === 'undo' && isOfList && !isOfSettings ? 'manage' : requiredRightOf(verb);
}

export function entryFromActivity(activity: Activity, listName: string): HistoryEntry {
  const { version, at, undoes, summary: logged } = activity;
  const summary = summaryOfActivity(activity, listName);
  const kind = { isOfList: logged.list_changed, hasMembers: logged.members > 0 };
  return { version, at, undoes, requiredRight: requiredRight(summary, kind), summary };
}

export function entryFromChange(change: Change, before: Replica): HistoryEntry {
  const { version, at, undoes = null, list } = change;
  const summary = summaryOfChange(change, before);
  const hasMembers = list?.members.length !== before.list?.members.length;
  const kind = { isOfList: list !== undefined, hasMembers };
  return { version, at, undoes, requiredRight: requiredRight(summary, kind), summary };
}

/** Merge entries, newest first. Of two with the same version, the added one wins. */
export function mergeEntries(
  entries: readonly HistoryEntry[],
  added: readonly HistoryEntry[],
): HistoryEntry[] {
  const byVersion = new Map([...entries, ...added].map((entry) => [entry.version, entry]));
  return [...byVersion.values()].sort((a, b) => b.version - a.version);
}

/**
 * Map the version of each undone change to the change that undid it.
 *
 * An undo that was undone itself does not count.
 */
export function undoneVersions(
  entries: readonly HistoryEntry[],
): ReadonlyMap<number, HistoryEntry> {
  const undone = new Map<number, HistoryEntry>();
  // Newest first: whether an undo still counts depends only on later changes.
  for (const entry of [...entries].sort((a, b) => b.version - a.version)) {
    const isEffective = entry.undoes !== null && !undone.has(entry.version);
    if (isEffective && !undone.has(entry.undoes ?? 0)) undone.set(entry.undoes ?? 0, entry);
  }
  return undone;
}

/** Whether a member with this role can undo a change. */
export function canUndo(
  { version, requiredRight }: HistoryEntry,
  undone: ReadonlyMap<number, HistoryEntry>,
  role: Role,
): boolean {
  return requiredRight !== null && isAllowed(role, requiredRight) && !undone.has(version);
}

/** The change that an undo undid, or null if it is not among these entries. */
export function undoTarget(
  entry: HistoryEntry,
  entries: readonly HistoryEntry[],
): HistoryEntry | null {
  return entries.find(({ version }) => version === entry.undoes) ?? null;
}
