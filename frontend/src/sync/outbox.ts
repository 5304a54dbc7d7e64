import type { Change } from '../protocol/frames';
import { listTopic } from '../protocol/topic';
import { itemOf, nameKey, type Edit } from './edit';
import type { Detail } from './item-merge';
import type { Replica } from './replica';

/**
 * How long an edit is kept after the server's response, in milliseconds.
 *
 * A tab that has not received the change yet shows the edit until then, and it is sent again
 * if the server goes back to an older copy of its data.
 */
export const ACKNOWLEDGED_RETENTION = 10_000;

/** How long an id that the browser chose is translated, in milliseconds. */
export const ALIAS_RETENTION = 24 * 60 * 60 * 1000;

/**
 * One edit in the outbox.
 *
 * `acknowledged`: saved by the server. The edit stays applied to the view until the
 * replica contains it, so that the screen does not flicker. `rejected`: the server
 * refused the edit. It is kept until the user retries or discards it.
 */
export interface OutboxEntry {
  op: string;
  edit: Edit;
  /** The name of the edited item or list, for messages. */
  label: string;
  createdAt: number;
  state: 'waiting' | 'sending' | 'acknowledged' | 'rejected';
  /** Whether the server may have it already. An older page has not stored this: then it may. */
  isSent?: boolean;
  /** The version in the server's response, or of the change that the edit made. */
  version: number | null;
  /** The version of the change that the edit made, which an undo needs. */
  changeVersion: number | null;
  /** When the server responded, in Unix milliseconds. */
  acknowledgedAt: number | null;
  /** The server's reason for a rejection. */
  reason: string | null;
}

/** Edits, oldest first. */
export type Outbox = readonly OutboxEntry[];

/**
 * An id that this browser chose for an item, and the id that the server uses for it.
 *
 * The server merges an added item into one that is on the list already. A page that still
 * shows the item under its own id may edit it, so the id is kept for some time.
 */
export interface Alias {
  from: string;
  to: string;
  /** When the server responded, in Unix milliseconds. */
  at: number;
}

/** The unsaved edits of one user, oldest first, in all tabs of this browser. */
export interface StoredOutbox {
  entries: readonly OutboxEntry[];
  aliases: readonly Alias[];
}

/** A pure change of the outbox. It may be applied to what another tab stored meanwhile. */
export type OutboxChange = (outbox: StoredOutbox) => StoredOutbox;

export const EMPTY_OUTBOX: StoredOutbox = { entries: [], aliases: [] };

type AddOutcome = 'added' | 'merged' | 'put_back' | 'conflict';

/** What adding one of several items did. `reason` says why it is a conflict. */
export interface AddResult {
  outcome: AddOutcome;
  changed: readonly Detail[];
  reason?: string;
  item: { id: string };
}

/** The server's response to an edit. The `id` may differ from the one that the client chose. */
export interface EditResponse {
  id?: string;
  version?: number;
  outcome?: AddOutcome;
  /** The fields of the existing item that an add changed. */
  changed?: readonly Detail[];
  /** The results for several added items, in the order of the request. */
  results?: readonly AddResult[];
  /** The ids of the items that were unticked or removed. */
  items?: readonly string[];
}

/** Add an edit. Its ids are those that the server uses, also if the page does not know them. */
export function queued(
  { entries, aliases }: StoredOutbox,
  { op, edit, label, createdAt }: Pick<OutboxEntry, 'op' | 'edit' | 'label' | 'createdAt'>,
): StoredOutbox {
  const ids = new Map(aliases.map(({ from, to }) => [from, to]));
  const known = withUndoneVersion(
    entries,
    withNewIds(edit, (id) => ids.get(id) ?? id),
  );
  if (known === null || entries.some((entry) => entry.op === op)) return { entries, aliases };
  const entry: OutboxEntry = {
    op,
    edit: known,
    label,
    createdAt,
    state: 'waiting',
    isSent: false,
    version: null,
    changeVersion: null,
    acknowledgedAt: null,
    reason: null,
  };
  return { entries: [...entries, entry], aliases };
}

/** Add the edits that a page has made before it knew what is stored. */
export function joined({ entries, aliases }: StoredOutbox, made: Outbox): StoredOutbox {
  const ops = new Set(entries.map(({ op }) => op));
  return { entries: [...entries, ...made.filter(({ op }) => !ops.has(op))], aliases };
}

/** An undo of an edit that was saved meanwhile gets its version. Null: there is nothing to undo. */
function withUndoneVersion(entries: Outbox, edit: Edit): Edit | null {
  if (edit.type !== 'undo' || edit.version !== null) return edit;
  const undone = entries.find(({ op }) => op === edit.undoneOp);
  if (undone?.state !== 'acknowledged') return edit;
  return undone.changeVersion === null ? null : { ...edit, version: undone.changeVersion };
}

/**
 * The oldest waiting edit. Rejected edits do not block later ones, except those of a list that
 * the server refused to create.
 */
export function nextWaiting(outbox: Outbox): OutboxEntry | null {
  return outbox.find(({ state, edit }) => state === 'waiting' && !isBlocked(outbox, edit)) ?? null;
}

/** Whether edits can be sent, or a tab is sending one and may be closed meanwhile. */
export function canSend(outbox: Outbox): boolean {
  return nextWaiting(outbox) !== null || outbox.some(({ state }) => state === 'sending');
}

export function sending(outbox: Outbox, op: string): Outbox {
  return outbox.map((entry) =>
    entry.op === op && entry.state === 'waiting'
      ? { ...entry, state: 'sending', isSent: true }
      : entry,
  );
}

/** The request failed: the edit waits again, with the same op. */
export function failed(outbox: Outbox, op: string): Outbox {
  return outbox.map((entry) =>
    entry.op === op && entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry,
  );
}

/** No tab is sending: edits that a closed tab was sending wait again. */
export function released(outbox: Outbox): Outbox {
  return outbox.map((entry) =>
    entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry,
  );
}

export function rejected(outbox: Outbox, op: string, reason: string): Outbox {
  if (outbox.some((entry) => entry.op === op && entry.state === 'acknowledged')) return outbox;
  return updated(withUndoVersion(outbox, op, null), op, { state: 'rejected', reason });
}

/**
 * Try an edit again. `isThere` tells whether an item is on the list: the server refuses a
 * request with another one, and an edit of several items goes on without it.
 */
export function retried(
  outbox: Outbox,
  op: string,
  isThere: (id: string) => boolean = () => true,
): Outbox {
  return outbox.map((entry) => {
    if (entry.op !== op) return entry;
    const { edit } = entry;
    const isSelection = 'items' in edit && !('source' in edit);
    const items = isSelection ? edit.items.filter(isThere) : [];
    const known = items.length > 0 ? ({ ...edit, items } as Edit) : edit;
    return { ...entry, edit: known, state: 'waiting', reason: null };
  });
}

function isBlocked(outbox: Outbox, edit: Edit): boolean {
  return outbox.some(
    ({ state, edit: { type, list } }) =>
      type === 'create' && state === 'rejected' && (list === edit.list || list === sourceOf(edit)),
  );
}

/** The list whose items an edit copies. */
function sourceOf(edit: Edit): string | null {
  return 'source' in edit ? edit.source : null;
}

/** Drop an edit. With the creation of a list, all edits of the list are dropped. */
export function discarded(outbox: Outbox, op: string): Outbox {
  const dropped = outbox.find((entry) => entry.op === op);
  const list = dropped?.edit.type === 'create' ? dropped.edit.list : null;
  return outbox.filter((entry) => entry.op !== op && entry.edit.list !== list);
}

/**
 * The server saved the edit. Later edits of the item get the id that the server uses.
 *
 * Lines that it could not merge are kept as rejected edits, so that nothing typed is lost.
 * `conflictOps` are the ops that these get, one for each line. `now` is in Unix milliseconds.
 * `knownVersion` is the version of the list that the page has.
 */
export function acknowledged(
  outbox: StoredOutbox,
  op: string,
  response: EditResponse,
  {
    now,
    conflictOps,
    knownVersion,
  }: { now: number; conflictOps: readonly string[]; knownVersion?: number | undefined },
): StoredOutbox {
  const sent = outbox.entries.find((entry) => entry.op === op);
  if (!sent) return outbox;
  const withIds = replaceIds(outbox, sent, newIdsFromResponse(sent.edit, response), now);
  const changeVersion = changeVersionOf(response, knownVersion) ?? sent.changeVersion;
  const withVersion = withUndoVersion(withIds.entries, op, changeVersion);
  const conflicts = conflictsOf(outbox.entries, sent, response, conflictOps);
  const version = response.version ?? sent.version;
  return {
    aliases: withIds.aliases,
    entries: updated([...withVersion, ...conflicts], op, {
      state: 'acknowledged',
      version,
      changeVersion,
      acknowledgedAt: now,
      reason: null,
    }),
  };
}

/** The lines of a bulk edit that the server could not merge, each as a rejected edit. */
function conflictsOf(
  entries: Outbox,
  { edit, createdAt }: OutboxEntry,
  { results = [] }: EditResponse,
  conflictOps: readonly string[],
): OutboxEntry[] {
  if (!('newItems' in edit)) return [];
  return edit.newItems.flatMap(({ item, fields }, index) => {
    const result = results[index];
    // The same response may arrive again.
    const isKept = entries.some((entry) => itemOf(entry.edit) === item);
    if (result?.outcome !== 'conflict' || isKept) return [];
    return [
      {
        op: conflictOps[index] ?? '',
        edit: { type: 'add', list: edit.list, item, fields },
        label: fields.name,
        createdAt,
        state: 'rejected',
        version: null,
        changeVersion: null,
        acknowledgedAt: null,
        reason: result.reason ?? '',
      },
    ];
  });
}

/**
 * A list is at this version on the server. Send its saved edits that are newer again.
 *
 * The server lost them if it went back to an older copy of its data. Otherwise it repeats
 * its response, because the ops are the same.
 */
export function resent(outbox: Outbox, list: string, version: number): Outbox {
  return outbox.map((entry) =>
    entry.edit.list === list &&
    entry.state === 'acknowledged' &&
    (entry.version ?? Infinity) > version
      ? { ...entry, state: 'waiting', version: null }
      : entry,
  );
}

/** A change of the list has the op of an edit: the server saved it, whatever the request said. */
export function savedByChange(outbox: StoredOutbox, change: Change, now: number): StoredOutbox {
  // A move to another list has the same op there.
  const match = outbox.entries.find(
    ({ op, edit }) => op === change.op && listTopic(edit.list) === change.topic,
  );
  if (!match) return outbox;
  const { aliases, entries } = replaceIds(outbox, match, newIdsFromChange(match.edit, change), now);
  const fields = { version: change.version, changeVersion: change.version };
  const withVersion = withUndoVersion(entries, match.op, change.version);
  // Only the response to a bulk edit says which of its lines were refused.
  const isComplete = !('newItems' in match.edit) || match.state === 'acknowledged';
  return {
    aliases,
    entries: updated(withVersion, match.op, {
      ...fields,
      ...(isComplete && { state: 'acknowledged', acknowledgedAt: now, reason: null }),
    }),
  };
}

/** Remove the edits, and the ids, that no tab needs any more. */
export function pruned(
  { entries, aliases }: StoredOutbox,
  now: number,
  isContained: (entry: OutboxEntry) => boolean,
): StoredOutbox {
  return {
    entries: entries.filter(
      (entry) =>
        entry.state !== 'acknowledged' ||
        now - (entry.acknowledgedAt ?? 0) < ACKNOWLEDGED_RETENTION ||
        !isContained(entry),
    ),
    aliases: aliases.filter(({ at }) => now - at < ALIAS_RETENTION),
  };
}

/** Whether a replica contains the effect of an edit, so that the view need not apply it. */
export function isContained(entry: OutboxEntry, replica: Replica): boolean {
  if (entry.state === 'acknowledged') return isCaughtUp(entry, replica);
  return entry.version !== null && entry.state !== 'rejected' && isCaughtUp(entry, replica);
}

/** Edits of one list, oldest first. */
export function entriesOfList(outbox: Outbox, list: string): Outbox {
  return outbox.filter((entry) => entry.edit.list === list);
}

/** Edits that the server has not responded to yet. */
export function waitingEntries(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'waiting' || state === 'sending');
}

export function rejectedEntries(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'rejected');
}

function updated(outbox: Outbox, op: string, fields: Partial<OutboxEntry>): Outbox {
  return outbox.map((entry) => (entry.op === op ? { ...entry, ...fields } : entry));
}

/**
 * The version of the change that an edit made. Null if nothing changed: then the version is
 * another user's.
 *
 * The response to an edit of one item does not say it. If the item changed after `knownVersion`
 * of the list, which the page has, this edit has changed it.
 */
export function changeVersionOf(
  { version = 0, outcome, changed = [], results, items }: EditResponse,
  knownVersion = Infinity,
): number | null {
  const hasChanged =
    results?.some(isAddMade) ??
    (items && items.length > 0) ??
    (outcome ? isAddMade({ outcome, changed }) : version > knownVersion);
  return hasChanged ? version : null;
}

function isAddMade({ outcome, changed }: Pick<AddResult, 'outcome' | 'changed'>): boolean {
  return outcome === 'added' || outcome === 'put_back' || changed.length > 0;
}

/** Give a waiting undo the version of its edit. Without a version there is nothing to undo. */
function withUndoVersion(outbox: Outbox, op: string, version: number | null): Outbox {
  return outbox.flatMap((entry) => {
    const { edit } = entry;
    if (edit.type !== 'undo' || edit.undoneOp !== op || edit.version !== null) return [entry];
    return version === null ? [] : [{ ...entry, edit: { ...edit, version } }];
  });
}

/** Maps ids that the client chose to the ids that the server uses. */
type NewIds = ReadonlyMap<string, string>;

/** When an added item exists already, the server responds with its id. */
function newIdsFromResponse(edit: Edit, { id, results = [] }: EditResponse): NewIds {
  if ('newItems' in edit) {
    const ids = edit.newItems.map(
      ({ item }, index) => [item, results[index]?.item.id ?? item] as const,
    );
    return new Map(ids);
  }
  const isAdd = edit.type === 'add' || edit.type === 'restore';
  return new Map(isAdd && id !== undefined ? [[edit.item, id]] : []);
}

/** The same, from a change frame. If it has several items, they are matched by name. */
function newIdsFromChange(edit: Edit, { items = [] }: Change): NewIds {
  if (!('newItems' in edit))
    return newIdsFromResponse(edit, { id: items.length === 1 ? items[0]?.id : undefined });
  const ids = new Map(items.map(({ id, name }) => [nameKey(name), id]));
  return new Map(
    edit.newItems.map(({ item, fields }) => [item, ids.get(nameKey(fields.name)) ?? item] as const),
  );
}

/**
 * Replace the client's ids by the server's ids in the edits that were not sent yet.
 *
 * An edit that was sent keeps its ids: it may be sent again, and then must be the same request.
 */
function replaceIds(
  outbox: StoredOutbox,
  sent: OutboxEntry,
  newIds: NewIds,
  now: number,
): StoredOutbox {
  const changed = [...newIds].filter(([from, to]) => from !== to);
  if (changed.length === 0) return outbox;
  const newIdOf = (id: string): string => newIds.get(id) ?? id;
  const known = outbox.aliases.filter(({ from }) => !newIds.has(from));
  return {
    entries: outbox.entries.map((entry) =>
      entry.op === sent.op || entry.state === 'acknowledged'
        ? entry
        : { ...entry, edit: withNewIds(entry.edit, newIdOf) },
    ),
    aliases: [...known, ...changed.map(([from, to]) => ({ from, to, at: now }))],
  };
}

/** The edits as the page shows them: with the ids that the server uses. */
export function withAliases({ entries, aliases }: StoredOutbox): Outbox {
  if (aliases.length === 0) return entries;
  const ids = new Map(aliases.map(({ from, to }) => [from, to]));
  const newIdOf = (id: string): string => ids.get(id) ?? id;
  return entries.map((entry) =>
    entry.state === 'rejected' ? entry : { ...entry, edit: withNewIds(entry.edit, newIdOf) },
  );
}

function withNewIds(edit: Edit, newIdOf: (id: string) => string): Edit {
  if ('item' in edit) return { ...edit, item: newIdOf(edit.item) };
  if (edit.type === 'undo') return { ...edit, removedIds: edit.removedIds.map(newIdOf) };
  if (!('items' in edit)) return edit;
  const items = edit.items.map(newIdOf);
  if (edit.type !== 'move items' || edit.after === null) return { ...edit, items };
  return { ...edit, items, after: newIdOf(edit.after) };
}

function isCaughtUp({ edit, version }: OutboxEntry, replica: Replica): boolean {
  if (replica.list === null || replica.ended) return true;
  if (version !== null) return replica.version >= version;
  return edit.type !== 'remove' || !replica.items.has(edit.item);
}
