import type { Change, ItemRow } from '../protocol/frames';
import type { Edit } from './edit';
import { mergeDetails } from './item-merge';
import type { Outbox } from './outbox';
import { isRewritten, touchedIds, type Replica } from './replica';

/** The texts of an item that two users can set at the same time. The name is also that of a list. */
const FIELDS = ['name', 'quantity', 'note', 'category'] as const;
export type ClashField = (typeof FIELDS)[number];

/** A field of an item, or the name of a list if `item` is null. */
export interface ClashPlace {
  list: string;
  item: string | null;
  field: ClashField;
}

/** Two users set one field at the same time, and the later text replaced the earlier one. */
export interface Clash extends ClashPlace {
  /** Whose text the field has now. */
  kept: 'mine' | 'theirs';
  mine: string;
  theirs: string;
  /** The name of the other user. Null if it is not known: a full copy of the list does not say it. */
  by: string | null;
  /** The name of the item or the list, before the change. */
  label: string;
}

/** A text that this user set in this browser. */
interface OwnText extends ClashPlace {
  op: string;
  text: string;
  /** When the server saved it, in Unix milliseconds. Null if this is not known yet. */
  savedAt: number | null;
  /** What another user set while it waited. */
  theirs: Pick<Clash, 'theirs' | 'by'> | null;
}

/** The clashes that the user has not dismissed, the oldest first, and what is needed to notice more. */
export interface ClashState {
  own: readonly OwnText[];
  clashes: readonly Clash[];
  /** Up to where each list was followed. A page that is loaded again may get some changes twice. */
  positions: Readonly<Record<string, Pick<Replica, 'epoch' | 'version'>>>;
}

export const NO_CLASHES: ClashState = { own: [], clashes: [], positions: {} };

/** A new state of a list. `change` led to it, or else a full copy did. */
export interface ClashInput {
  list: string;
  before: Replica;
  after: Replica;
  change: Change | null;
  userId: number | null;
}

/** Within this time another user probably did not see the text that they replaced, in milliseconds. */
export const CLASH_TIME = 60_000;
/** How many texts are remembered, and how many clashes are shown. */
const MAX_OWN_TEXTS = 200;
const MAX_CLASHES = 20;

/** Remember the texts of the edits that wait. */
export function withOwnTexts(state: ClashState, outbox: Outbox): ClashState {
  const known = new Set(state.own.map(({ op }) => op));
  const own = outbox
    .filter((entry) => entry.state === 'waiting' || entry.state === 'sending')
    .filter(({ op }) => !known.has(op))
    .flatMap(({ op, edit }) =>
      textsOf(edit).map((place) => ({ ...place, op, savedAt: null, theirs: null })),
    );
  return own.length === 0 ? state : { ...state, own: [...state.own, ...own].slice(-MAX_OWN_TEXTS) };
}

/** The texts that an edit sets. */
function textsOf(edit: Edit): (ClashPlace & Pick<OwnText, 'text'>)[] {
  const { list } = edit;
  if (edit.type === 'rename') return [{ list, item: null, field: 'name', text: edit.name }];
  if (edit.type !== 'change') return [];
  const { item, fields } = edit;
  return FIELDS.flatMap((field) => {
    const text = fields[field];
    return text === undefined ? [] : [{ list, item, field, text }];
  });
}

/** What the user has seen of a clash, or done about it, is shown no more. */
export function withoutClash(state: ClashState, place: ClashPlace): ClashState {
  return { ...state, clashes: state.clashes.filter((clash) => !isSamePlace(clash, place)) };
}

/** The user has no access to a list any more, or its history was replaced. */
export function withoutList(state: ClashState, list: string): ClashState {
  const isElsewhere = (place: ClashPlace): boolean => place.list !== list;
  const positions = Object.entries(state.positions).filter(([id]) => id !== list);
  return {
    own: state.own.filter(isElsewhere),
    clashes: state.clashes.filter(isElsewhere),
    positions: Object.fromEntries(positions),
  };
}

/** Notice what a new state of a list replaced. Pure. */
export function withChange(state: ClashState, input: ClashInput): ClashState {
  const { list, before, after } = input;
  if (after.list === null || isRewritten(before, after)) return withoutList(state, list);
  const { epoch, version } = after;
  const known = state.positions[list];
  const isKnown = known?.epoch === epoch && version <= known.version;
  if (before.list === null || isKnown || !concerns(state, list)) return state;
  const places = changedPlaces(state, input);
  const next = places.reduce((current, place) => withPlace(current, place, input), state);
  const positions = { ...next.positions, [list]: { epoch, version } };
  return withSavedTimes({ ...next, positions }, input);
}

function concerns({ own, clashes }: ClashState, list: string): boolean {
  return [...own, ...clashes].some((place) => place.list === list);
}

/** The places that differ. Of a full copy only those count that this user set, or that clash. */
function changedPlaces(
  { own, clashes }: ClashState,
  { list, before, after, change }: ClashInput,
): ClashPlace[] {
  const places: ClashPlace[] = change
    ? [
        { list, item: null, field: 'name' },
        ...touchedIds(change).flatMap((item) => FIELDS.map((field) => ({ list, item, field }))),
      ]
    : [...own, ...clashes].filter((place) => place.list === list);
  const changed = places.filter((place) => textAt(before, place) !== textAt(after, place));
  return changed.filter(
    (place, index) => changed.findIndex((same) => isSamePlace(same, place)) === index,
  );
}

/** The text of a place is another one now. */
function withPlace(state: ClashState, place: ClashPlace, input: ClashInput): ClashState {
  const { change, userId } = input;
  const text = textAt(input.after, place);
  const shown = state.clashes.find((clash) => isSamePlace(clash, place));
  // The copy that the page had may be older than the clash.
  if (shown && !change && text === keptText(shown)) return state;
  const { own, clashes } = withoutClash(state, place);
  if (text === null)
    return { ...state, own: own.filter((mine) => !isSamePlace(mine, place)), clashes };
  const here = own.filter((mine) => isSamePlace(mine, place));
  const isMine = change
    ? change.actor !== null && change.actor.id === userId
    : here.some((mine) => mine.savedAt === null && mine.text === text);
  if (isMine) {
    const mine = here.findLast((known) => (change ? known.op === change.op : known.text === text));
    const clash = mine?.theirs && clashOf(place, input, { ...mine.theirs, kept: 'mine' }, text);
    return { ...state, own, clashes: withClash(clashes, clash ?? null) };
  }
  const theirs = { theirs: text, by: change?.actor?.name ?? null };
  const replaced = here.findLast((mine) => isReplaced(mine, input, place));
  const clash = replaced && clashOf(place, input, { ...theirs, kept: 'theirs' }, replaced.text);
  return {
    ...state,
    own: own.map((mine) =>
      isSamePlace(mine, place) && mine.savedAt === null ? { ...mine, theirs } : mine,
    ),
    clashes: withClash(clashes, clash ?? null),
  };
}

/** Whether another user replaced this text, and so soon that they probably did not see it. */
function isReplaced(
  { savedAt, text }: OwnText,
  { before, after, change }: ClashInput,
  place: ClashPlace,
): boolean {
  // An undo is for those who have seen what it takes back.
  if (savedAt === null || change?.verb === 'undo' || textAt(before, place) !== text) return false;
  return timeOf(change, after) - savedAt <= CLASH_TIME;
}

/** The clash, or null if no text was lost by it. */
function clashOf(
  { list, item, field }: ClashPlace,
  { before }: ClashInput,
  { kept, theirs, by }: Pick<Clash, 'kept' | 'theirs' | 'by'>,
  mine: string,
): Clash | null {
  const [lost, winner] = kept === 'mine' ? [theirs, mine] : [mine, theirs];
  if (lost === '' || lost === winner || isContained(field, lost, winner)) return null;
  const label = textAt(before, { list, item, field: 'name' }) ?? '';
  return { list, item, field, kept, mine, theirs, by, label };
}

/** Whether a text has another one in it, as a merge of two items leaves it. */
function isContained(field: ClashField, lost: string, winner: string): boolean {
  if (field !== 'quantity' && field !== 'note') return false;
  const merge = mergeDetails(
    { quantity: '', note: '', category: '', [field]: winner },
    { [field]: lost },
  );
  return winner !== '' && 'changes' in merge && Object.keys(merge.changes).length === 0;
}

function keptText({ kept, mine, theirs }: Clash): string {
  return kept === 'mine' ? mine : theirs;
}

function withClash(clashes: readonly Clash[], clash: Clash | null): readonly Clash[] {
  return clash ? [...clashes, clash].slice(-MAX_CLASHES) : clashes;
}

/** Note when own texts were saved, and forget those that were saved too long ago to matter. */
function withSavedTimes(state: ClashState, input: ClashInput): ClashState {
  const { list, change, after } = input;
  const now = timeOf(change, after);
  const isSaved = (mine: OwnText): boolean =>
    change ? mine.op === change.op : textAt(after, mine) === mine.text;
  const own = state.own.map((mine) =>
    mine.list === list && mine.savedAt === null && isSaved(mine)
      ? { ...mine, savedAt: now, theirs: null }
      : mine,
  );
  return {
    ...state,
    own: own.filter(
      (mine) => mine.list !== list || mine.savedAt === null || now - mine.savedAt <= CLASH_TIME,
    ),
  };
}

/** When a change was made, in Unix milliseconds; of a full copy, the latest change. */
function timeOf(change: Change | null, after: Replica): number {
  return Date.parse(change?.at ?? after.list?.last_interaction ?? '') || 0;
}

function textAt({ list, items }: Replica, { item, field }: ClashPlace): string | null {
  if (item === null) return list?.name ?? null;
  const row: ItemRow | undefined = items.get(item);
  return row ? row[field] : null;
}

function isSamePlace(a: ClashPlace, b: ClashPlace): boolean {
  return a.list === b.list && a.item === b.item && a.field === b.field;
}
