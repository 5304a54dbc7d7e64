import type { Change } from '../protocol/types';
import { nameKey, type Edit } from './edit';
import type { Replica } from './replica';

/**
 * One edit on its way to the server.
 *
 * `answered`: saved, and laid over the replica until that has caught up, so
 * that nothing flickers back. `refused`: kept until the person decides.
 */
export interface OutboxEntry {
  op: string;
  edit: Edit;
  /** The name of what was edited, for messages. */
  label: string;
  createdAt: number;
  state: 'waiting' | 'sending' | 'acknowledged' | 'rejected';
  /** The version that the server's answer carries, if it does. */
  version: number | null;
  /** Why it was refused, in the server's words. */
  reason: string | null;
}

/** Edits in the order in which they were made. */
export type Outbox = readonly OutboxEntry[];

/** What the server's answer tells: the row's id (it may be another one) and version. */
export interface EditResponse {
  id?: string;
  version?: number;
  /** Of many that were added: each, in the order in which they were sent. */
  results?: readonly { outcome: string; item: { id: string } }[];
  /** Of many that were unticked or removed: those that were. */
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

/** The oldest edit that waits; refused ones hold nobody up. */
export function nextWaiting(outbox: Outbox): OutboxEntry | null {
  return outbox.find(({ state }) => state === 'waiting') ?? null;
}

export function sending(outbox: Outbox, op: string): Outbox {
  return updated(outbox, op, { state: 'sending' });
}

/** It did not get through: it waits again, under the same op. */
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

/** The server saved it. Later edits of the item follow it to the id that it really has. */
export function acknowledged(outbox: Outbox, sent: OutboxEntry, response: EditResponse): Outbox {
  const withIds = replaceIds(outbox, newIdsFromResponse(sent.edit, response));
  const withVersion = withUndoVersion(withIds, sent.op, changeVersionOf(response));
  return updated(withVersion, sent.op, {
    state: 'acknowledged',
    version: response.version ?? null,
  });
}

/** Let go of what the confirmed list now contains. `change` is the frame just applied. */
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

/** Edits that the server has not answered yet. */
export function waitingEntries(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'waiting' || state === 'sending');
}

export function rejectedEntries(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'rejected');
}

function updated(outbox: Outbox, op: string, fields: Partial<OutboxEntry>): Outbox {
  return outbox.map((entry) => (entry.op === op ? { ...entry, ...fields } : entry));
}

/** The version of a change of many; null if nothing was changed, and it is somebody else's. */
export function changeVersionOf({ version, results, items }: EditResponse): number | null {
  const hasChanged =
    results?.some(({ outcome }) => outcome !== 'merged') ?? (items ?? []).length > 0;
  return hasChanged ? (version ?? null) : null;
}

/** An undo that waits for its edit learns the version; without one there is nothing to undo. */
function withUndoVersion(outbox: Outbox, op: string, version: number | null): Outbox {
  return outbox.flatMap((entry) => {
    const { edit } = entry;
    if (edit.type !== 'undo' || edit.undoneOp !== op || edit.version !== null) return [entry];
    return version === null ? [] : [{ ...entry, edit: { ...edit, version } }];
  });
}

/** Ids that were chosen here, with the ids that the rows really have. */
type NewIds = ReadonlyMap<string, string>;

/** Adding what is already there answers with another id. */
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

/** The same, from the change itself: of many, each is found by its name. */
function newIdsFromChange(edit: Edit, { items = [] }: Change): NewIds {
  if (edit.type !== 'add items')
    return newIdsFromResponse(edit, { id: items.length === 1 ? items[0]?.id : undefined });
  const ids = new Map(items.map(({ id, name }) => [nameKey(name), id]));
  return new Map(
    edit.newItems.map(({ item, fields }) => [item, ids.get(nameKey(fields.name)) ?? item] as const),
  );
}

/** Point every edit at the rows that there really are. */
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
