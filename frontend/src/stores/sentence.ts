import type { Activity, Verb } from '../protocol/rest';
import type { Change, Person } from '../protocol/types';
import type { Replica } from '../sync/replica';

/** What happened, as far as a sentence needs it. */
export interface Happening {
  verb: Verb;
  actor: Person | null;
  /** Names of the items or members that it was about. */
  names: string[];
  list: string;
}

const DONE: Record<string, string> = {
  added: 'added',
  ticked: 'ticked',
  unticked: 'put back',
  edited: 'changed',
  moved: 'moved',
  removed: 'removed',
};

const OF_LIST: Partial<Record<Verb, string>> = {
  'list.created': 'made this list',
  'list.renamed': 'renamed the list',
  'list.edited': 'changed the list',
  'list.deleted': 'deleted the list',
  'list.restored': 'brought the list back',
  'member.joined': 'joined',
  'member.left': 'left',
  'member.removed': 'removed',
  'member.role': 'changed the role of',
  undo: 'undid a change',
};

/** Who did it; a script without a person is somebody too. */
export function actorOf({ actor }: Happening): string {
  return actor?.name ?? 'Someone';
}

/** What they did: "ticked Milk and Eggs". */
export function predicateOf({ verb, names, actor }: Happening): string {
  const [noun, kind = ''] = verb.split('.');
  if (noun === 'item' || noun === 'items') return `${DONE[kind] ?? 'changed'} ${several(names)}`;
  const said = OF_LIST[verb] ?? 'changed something';
  if (noun !== 'member' || names.length === 0) return said;
  if (verb !== 'member.joined') return verb === 'member.left' ? said : `${said} ${several(names)}`;
  return names.includes(actor?.name ?? '') ? said : `let ${several(names)} in`;
}

export function sentenceOf(happening: Happening): string {
  return `${actorOf(happening)} ${predicateOf(happening)}`;
}

function several(names: readonly string[]): string {
  const [first = 'an item', second, ...more] = names;
  if (second === undefined) return first;
  if (more.length === 0) return `${first} and ${second}`;
  return `${first} and ${names.length - 1} more`;
}

/** What a change frame tells. What it removed is named by the replica before it. */
export function happeningOf(change: Change, before: Replica): Happening {
  const told = (change.items ?? []).map(({ name }) => name);
  const gone = (change.gone ?? []).map((id) => before.items.get(id)?.name ?? 'an item');
  const members = change.verb.startsWith('member.') ? movedMembers(change, before) : [];
  return {
    verb: change.verb,
    actor: change.actor,
    names: [...told, ...gone, ...members],
    list: change.list?.name ?? before.list?.name ?? '',
  };
}

function movedMembers(change: Change, before: Replica): string[] {
  const old = new Map((before.list?.members ?? []).map((member) => [member.id, member]));
  const now = new Map((change.list?.members ?? []).map((member) => [member.id, member]));
  const everybody = [...new Map([...old, ...now]).values()];
  return everybody
    .filter(({ id }) => old.get(id)?.role !== now.get(id)?.role)
    .map(({ name }) => name);
}

/** What an entry of the activity log tells. */
export function happeningIn(activity: Activity, list: string): Happening {
  const names = activity.changes
    .filter((row) => row.list === undefined)
    .map(({ before, after }) => String(after?.['name'] ?? before?.['name'] ?? 'an item'));
  return { verb: activity.verb, actor: activity.actor, names, list };
}
