import type { Change, ListRow, Member } from '../protocol/frames';
import type { Activity, Actor, Verb } from '../protocol/rest';
import type { Replica } from '../sync/replica';

/** The parts of a change that its sentence needs. */
export interface ActivitySummary {
  verb: Verb;
  actor: Actor | null;
  /** The names of the items or members that were changed, of many only the first. */
  names: readonly string[];
  /** How many items or members were changed. */
  count: number;
  listName: string;
}

const ITEM_VERBS: Record<string, string> = {
  added: 'added',
  ticked: 'ticked',
  unticked: 'unticked',
  edited: 'changed',
  moved: 'moved',
  removed: 'removed',
};

const LIST_TEXTS: Partial<Record<Verb, string>> = {
  'list.created': 'created this list',
  'list.renamed': 'renamed the list',
  'list.edited': 'changed the list',
  'list.deleted': 'deleted the list',
  'list.restored': 'restored the list',
  'member.joined': 'joined',
  'member.left': 'left',
  'member.removed': 'removed',
  'member.role': 'changed the role of',
  undo: 'undid a change',
};

/** The name of the user who made the change. A script may have no user. */
export function actorName({ actor }: ActivitySummary): string {
  return actor?.name ?? 'Someone';
}

/** What the user did, such as "ticked Milk and Eggs". */
export function actionText({ verb, names, count, actor }: ActivitySummary): string {
  const [noun, kind = ''] = verb.split('.');
  if (noun === 'item' || noun === 'items')
    return `${ITEM_VERBS[kind] ?? 'changed'} ${joinNames(names, count)}`;
  const text = LIST_TEXTS[verb] ?? 'changed something';
  if (noun !== 'member' || names.length === 0) return text;
  if (verb !== 'member.joined')
    return verb === 'member.left' ? text : `${text} ${joinNames(names, count)}`;
  return names.includes(actor?.name ?? '') ? text : `added ${joinNames(names, count)}`;
}

export function activityText(summary: ActivitySummary): string {
  return `${actorName(summary)} ${actionText(summary)}`;
}

function joinNames([first = 'an item', second]: readonly string[], count: number): string {
  if (second === undefined) return first;
  return count === 2 ? `${first} and ${second}` : `${first} and ${count - 1} more`;
}

/** Summarize a change frame. The names of removed items come from the replica before it. */
export function summaryOfChange(change: Change, before: Replica): ActivitySummary {
  const patchedIds = (change.patches ?? []).flatMap(({ ids }) => ids);
  const patched = patchedIds.flatMap((id) => before.items.get(id)?.name ?? []);
  const changed = [...(change.items ?? []).map(({ name }) => name), ...patched];
  const removed = (change.gone ?? []).map((id) => before.items.get(id)?.name ?? 'an item');
  const members = change.verb.startsWith('member.') ? changedMembers(change, before) : [];
  const names = [...changed, ...removed, ...members];
  return {
    verb: change.verb,
    actor: change.actor,
    names,
    count: names.length,
    listName: change.list?.name ?? before.list?.name ?? '',
  };
}

function changedMembers(change: Change, before: Replica): string[] {
  const oldById = membersById(before.list);
  const newById = membersById(change.list);
  return [...new Map([...oldById, ...newById]).values()]
    .filter(({ id }) => oldById.get(id)?.role !== newById.get(id)?.role)
    .map(({ name }) => name);
}

function membersById(list: ListRow | null | undefined): Map<number, Member> {
  return new Map((list?.members ?? []).map((member) => [member.id, member]));
}

/** Summarize an entry of the activity log, of the REST API or of the socket. */
export function summaryOfActivity(
  { verb, actor, summary }: Pick<Activity, 'verb' | 'actor' | 'summary'>,
  listName: string,
): ActivitySummary {
  const { names, items, members } = summary;
  return { verb, actor, names, count: items + members, listName };
}
