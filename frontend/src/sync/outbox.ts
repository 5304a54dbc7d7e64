import type { Change } from '../protocol/frames';
import { itemOf, nameKey, type Edit } from './edit';
import type { Detail } from './item-merge';
import type { Replica } from './replica';

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
  /** The version in the server's response, if there is one. */
  version: number | null;
  /** The server's reason for a rejection. */
  reason: string | null;
}

/** Edits, oldest first. */
export type Outbox = readonly OutboxEntry[];

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

export function queued(
  outbox: Outbox,
  edit: Edit,
  op: string,
  label: string,
  createdAt: number,
): Outbox {
  return [...outbox, { op, edit, label, createdAt, state: 'waiting', version: null, reason: null }];
}

/** The oldest waiting edit. Rejected edits do not block later ones. */
export function nextWaiting(outbox: Outbox): OutboxEntry | null {
  return outbox.find(({ state }) => state === 'waiting') ?? null;
}

export function sending(outbox: Outbox, op: string): Outbox {
  return updated(outbox, op, { state: 'sending' });
}

/** The request failed: the edit waits again, with the same op. */
export function failed(outbox: Outbox, op: string): Outbox {
  return updated(outbox, op, { state: 'waiting' });
}

export function rejected(outbox: Outbox, op: string, reason: string): Outbox {
  return updated(withUndoVersion(outbox, op, null), op, { state: 'rejected', reason });
}

export function retried(outbox: Outbox, op: string): Outbox {
  return updated(outbox, op, { state: 'waiting', reason: null });
}

export function discarded(outbox: Outbox, op: string): Outbox {
  return outbox.filter((entry) => entry.op !== op);
}

/**
 * The server saved the edit. Later edits of the item get the id that the server uses.
 *
 * Lines that it could not merge are kept as rejected edits, so that nothing typed is lost.
 */
export function acknowledged(
  outbox: Outbox,
  sent: OutboxEntry,
  response: EditResponse,
  newOp: () => string,
): Outbox {
  const withIds = replaceIds(outbox, newIdsFromResponse(sent.edit, response));
  const withVersion = withUndoVersion(withIds, sent.op, changeVersionOf(response));
  const withConflicts = [...withVersion, ...conflictsOf(outbox, sent, response, newOp)];
  return updated(withConflicts, sent.op, {
    state: 'acknowledged',
    version: response.version ?? null,
  });
}

/** The lines of a bulk edit that the server could not merge, each as a rejected edit. */
function conflictsOf(
  outbox: Outbox,
  { edit, createdAt }: OutboxEntry,
  { results = [] }: EditResponse,
  newOp: () => string,
): OutboxEntry[] {
  if (edit.type !== 'add items') return [];
  return edit.newItems.flatMap(({ item, fields }, index) => {
    const result = results[index];
    // The same response may arrive again.
    const isKept = outbox.some((entry) => itemOf(entry.edit) === item);
    if (result?.outcome !== 'conflict' || isKept) return [];
    const rejectedEdit: Edit = { type: 'add', list: edit.list, item, fields };
    const entry = { op: newOp(), edit: rejectedEdit, label: fields.name, createdAt };
    return [{ ...entry, state: 'rejected', version: null, reason: result.reason ?? '' }];
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

/** Remove the edits that the replica now contains. `change` is the frame just applied. */
export function confirmed(outbox: Outbox, replica: Replica, change: Change | null): Outbox {
  const match = change?.op ? outbox.find(({ op }) => op === change.op) : undefined;
  const withIds =
    match && change ? replaceIds(outbox, newIdsFromChange(match.edit, change)) : outbox;
  const withVersion =
    match && change ? withUndoVersion(withIds, match.op, change.version) : withIds;
  return withVersion.filter(
    (entry) =>
      entry.op !== match?.op && !(entry.state === 'acknowledged' && isCaughtUp(entry, replica)),
  );
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

/** The version of a bulk change. Null if nothing changed: then the version is another user's. */
export function changeVersionOf({ version, results, items }: EditResponse): number | null {
  const hasChanged =
    results?.some(
      ({ outcome, changed }) => outcome === 'added' || outcome === 'put_back' || changed.length > 0,
    ) ?? (items ?? []).length > 0;
  return hasChanged ? (version ?? null) : null;
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
  if (edit.type === 'add items') {
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
  if (edit.type !== 'add items')
    return newIdsFromResponse(edit, { id: items.length === 1 ? items[0]?.id : undefined });
  const ids = new Map(items.map(({ id, name }) => [nameKey(name), id]));
  return new Map(
    edit.newItems.map(({ item, fields }) => [item, ids.get(nameKey(fields.name)) ?? item] as const),
  );
}

/** Replace the client's ids by the server's ids in all edits. */
function replaceIds(outbox: Outbox, newIds: NewIds): Outbox {
  const newIdOf = (id: string): string => newIds.get(id) ?? id;
  if ([...newIds].every(([from, to]) => from === to)) return outbox;
  return outbox.map((entry) => ({ ...entry, edit: withNewIds(entry.edit, newIdOf) }));
}

function withNewIds(edit: Edit, newIdOf: (id: string) => string): Edit {
  if ('item' in edit) return { ...edit, item: newIdOf(edit.item) };
  if (edit.type === 'undo') return { ...edit, removedIds: edit.removedIds.map(newIdOf) };
  if ('items' in edit) return { ...edit, items: edit.items.map(newIdOf) };
  return edit;
}

function isCaughtUp({ edit, version }: OutboxEntry, replica: Replica): boolean {
  if (replica.list === null || replica.ended) return true;
  if (version !== null) return replica.version >= version;
  return edit.type !== 'remove' || !replica.items.has(edit.item);
}
