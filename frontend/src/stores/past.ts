import type { Activity, ChangedRow, Role, Verb } from '../protocol/rest';
import type { Change } from '../protocol/types';
import type { Replica } from '../sync/replica';
import { may } from './roles';
import { happeningIn, happeningOf, type Happening } from './sentence';

/** One change of a list, as its history shows it. */
export interface Past {
  version: number;
  at: string;
  happening: Happening;
  /** The version of the change that this one undid. */
  undoes: number | null;
  /** What undoing it takes; null where that is not possible. */
  needs: 'tick' | 'edit' | 'manage' | null;
}

const TICKS = /^items?\.(?:un)?ticked$/;

/** What undoing a change takes. Members come and go on the share dialog, lists in the trash. */
export function needsOf(verb: Verb): Past['needs'] {
  if (TICKS.test(verb)) return 'tick';
  if (/^items?\./.test(verb) || verb === 'undo') return 'edit';
  return verb === 'list.renamed' ? 'manage' : null;
}

export function pastIn(activity: Activity, list: string): Past {
  const { version, at, undoes, verb, changes } = activity;
  const needs = verb === 'undo' ? needsOfRows(changes) : needsOf(verb);
  return { version, at, undoes, needs, happening: happeningIn(activity, list) };
}

export function pastOf(change: Change, before: Replica): Past {
  const { version, at, verb } = change;
  const undoes = change.undoes ?? null;
  const needs = verb === 'undo' && change.list ? 'manage' : needsOf(verb);
  return { version, at, undoes, needs, happening: happeningOf(change, before) };
}

/** An undo of a list's name is an owner's to undo. */
function needsOfRows(rows: readonly ChangedRow[]): Past['needs'] {
  return rows.some(({ list }) => list !== undefined) ? 'manage' : 'edit';
}

/** Newest first, each version once; what is told later wins. */
export function merged(known: readonly Past[], told: readonly Past[]): Past[] {
  const all = new Map([...known, ...told].map((one) => [one.version, one]));
  return [...all.values()].sort((a, b) => b.version - a.version);
}

/**
 * Which changes are undone, each with the change that did it.
 *
 * An undo that was undone itself does not count any more.
 */
export function undoneIn(all: readonly Past[]): ReadonlyMap<number, Past> {
  const undone = new Map<number, Past>();
  // From the newest, so that whether an undo still counts is known when it is reached.
  for (const one of [...all].sort((a, b) => b.version - a.version)) {
    const counts = one.undoes !== null && !undone.has(one.version);
    if (counts && !undone.has(one.undoes ?? 0)) undone.set(one.undoes ?? 0, one);
  }
  return undone;
}

/** What can be done about a change by somebody of this role. */
export function canUndo(
  { version, needs }: Past,
  undone: ReadonlyMap<number, Past>,
  role: Role,
): boolean {
  return needs !== null && may(role, needs) && !undone.has(version);
}

/** The change that an undo undid, if it is among these. */
export function targetOf(one: Past, all: readonly Past[]): Past | null {
  return all.find(({ version }) => version === one.undoes) ?? null;
}
