import * as m from '#messages';
import type { Change, ListRow, Member } from '../protocol/frames';
import type { Activity, Actor, Verb } from '../protocol/rest';
import type { Replica } from '../sync/replica';
import {
  changedItemFields,
  changedListFields,
  changedValue,
  commonCategory,
  type ChangedFields,
} from './changed-fields';
import { editSentence } from './edit-sentence';

/** The parts of a change that its sentence needs. */
export interface ActivitySummary {
  verb: Verb;
  actor: Actor | null;
  /** The names of the items or members that were changed, of many only the first. */
  names: readonly string[];
  /** How many items or members were changed. */
  count: number;
  listName: string;
  /** What changed from what to what. Empty if more than one row was changed. */
  fields: ChangedFields;
}

type Sentence = (inputs: { actor: string; names: string }) => string;

const SENTENCES: Partial<Record<Verb, Sentence>> = {
  'list.created': m.activity_list_created,
  'list.renamed': m.activity_list_renamed,
  'list.edited': m.activity_list_edited,
  'list.deleted': m.activity_list_deleted,
  'list.restored': m.activity_list_restored,
  'member.left': m.activity_member_left,
  'member.removed': m.activity_member_removed,
  'member.role': m.activity_member_role,
  undo: m.activity_undo,
};

const ITEM_SENTENCES: Record<string, Sentence> = {
  added: m.activity_item_added,
  ticked: m.activity_item_ticked,
  unticked: m.activity_item_unticked,
  edited: m.activity_item_edited,
  moved: m.activity_item_moved,
  removed: m.activity_item_removed,
};

const LIST_FORMAT = new Intl.ListFormat(__LOCALE__, { type: 'conjunction' });
/** Stands in a sentence for the name of the actor. No name contains it. */
const ACTOR = '\0';

/** The name of the user who made the change. A script may have no user. */
export function actorName({ actor }: ActivitySummary): string {
  return actor?.name ?? m.activity_someone();
}

/** What the user did, such as "ana ticked Milk and Eggs". `undone` is what an undo undid. */
export function activityText(summary: ActivitySummary, undone?: string): string {
  return sentence(summary, actorName(summary), undone);
}

/** The same in parts, so that the name of the user can be emphasised wherever it stands. */
export function activityParts(
  summary: ActivitySummary,
  undone?: string,
): { before: string; actor: string; after: string } {
  const [before = '', after = ''] = sentence(summary, ACTOR, undone).split(ACTOR);
  return { before, actor: actorName(summary), after: after.trim() };
}

/** The sentence without the user, such as "ticked Milk and Eggs". */
export function actionText(summary: ActivitySummary): string {
  const { before, after } = activityParts(summary);
  return `${before}${after}`;
}

function sentence(summary: ActivitySummary, actor: string, undone?: string): string {
  if (undone !== undefined) return m.activity_undid({ actor, change: undone });
  const { names, count } = summary;
  const category = summary.fields['category'];
  if (category && count > 1) {
    const [from, to] = [category.before, category.after].map(String);
    const values = { actor, names: joinNames(names, count) };
    return m.activity_items_category({ ...values, from: from || '–', to: to || '–' });
  }
  const edit = editSentence(summary, actor);
  return edit ?? sentenceOf(summary)({ actor, names: joinNames(names, count) });
}

function sentenceOf({ verb, names, actor }: ActivitySummary): Sentence {
  const [noun, kind = ''] = verb.split('.');
  if (noun === 'item' || noun === 'items') return ITEM_SENTENCES[kind] ?? m.activity_item_edited;
  if (verb === 'member.joined') {
    const isSelf = names.length === 0 || names.includes(actor?.name ?? '');
    return isSelf ? m.activity_member_joined : m.activity_member_added;
  }
  return SENTENCES[verb] ?? m.activity_other;
}

function joinNames(names: readonly string[], count: number): string {
  const [first = m.activity_an_item(), second] = names;
  if (second === undefined) return first;
  if (count <= 3 && count === names.length) return LIST_FORMAT.format(names);
  if (count === 2) return LIST_FORMAT.format([first, second]);
  return m.activity_names_more({ names: `${first}, ${second}`, count: count - 2 });
}

/** Summarize a change frame. The names of removed items come from the replica before it. */
export function summaryOfChange(change: Change, before: Replica): ActivitySummary {
  const patchedIds = (change.patches ?? []).flatMap(({ ids }) => ids);
  const patched = patchedIds.flatMap((id) => before.items.get(id)?.name ?? []);
  const changed = [...(change.items ?? []).map(({ name }) => name), ...patched];
  const removed = (change.gone ?? []).map(
    (id) => before.items.get(id)?.name ?? m.activity_an_item(),
  );
  const members = change.verb.startsWith('member.') ? changedMembers(change, before) : [];
  const names = [...changed, ...removed, ...members.map(({ name }) => name)];
  return {
    verb: change.verb,
    actor: change.actor,
    names,
    count: names.length,
    listName: change.list?.name ?? before.list?.name ?? '',
    fields: changedFieldsOf(change, before, members),
  };
}

/** What changed in the only row of a change; nothing if it has more rows. */
function changedFieldsOf(
  change: Change,
  before: Replica,
  members: readonly Member[],
): ChangedFields {
  const [item, ...otherItems] = change.items ?? [];
  const isOneItem =
    otherItems.length + (change.gone?.length ?? 0) === 0 && !change.patches && !change.list;
  if (item && isOneItem) return changedItemFields(before.items.get(item.id), item);
  if (item || change.patches) return change.gone?.length ? {} : categoryOfMany(change, before);
  const [member, ...otherMembers] = members;
  if (!member) return before.list && change.list ? changedListFields(before.list, change.list) : {};
  const oldRole = membersById(before.list).get(member.id)?.role;
  return otherMembers.length > 0 ? {} : changedValue('role', oldRole, member.role);
}

function categoryOfMany({ items = [], patches = [] }: Change, before: Replica): ChangedFields {
  const patched = patches.flatMap(({ ids, fields }) =>
    ids.flatMap((id) => {
      const row = before.items.get(id);
      return row ? [{ ...row, ...fields }] : [];
    }),
  );
  return commonCategory([...items, ...patched].map((row) => [before.items.get(row.id), row]));
}

function changedMembers(change: Change, before: Replica): Member[] {
  const oldById = membersById(before.list);
  const newById = membersById(change.list);
  return [...new Map([...oldById, ...newById]).values()].filter(
    ({ id }) => oldById.get(id)?.role !== newById.get(id)?.role,
  );
}

function membersById(list: ListRow | null | undefined): Map<number, Member> {
  return new Map((list?.members ?? []).map((member) => [member.id, member]));
}

/** Summarize an entry of the activity log, of the REST API or of the socket. */
export function summaryOfActivity(
  { verb, actor, summary }: Pick<Activity, 'verb' | 'actor' | 'summary'>,
  listName: string,
): ActivitySummary {
  const { names, items, members, fields } = summary;
  return { verb, actor, names, count: items + members, listName, fields };
}
