import type { Change } from '../protocol/types';
import { folded, type Edit } from './edit';
import type { Replica } from './replica';

/**
 * One edit on its way to the server.
 *
 * `answered`: saved, and laid over the replica until that has caught up, so
 * that nothing flickers back. `refused`: kept until the person decides.
 */
export interface Entry {
  op: string;
  edit: Edit;
  /** The name of what was edited, for messages. */
  about: string;
  at: number;
  state: 'waiting' | 'sending' | 'answered' | 'refused';
  /** The version that the server's answer carries, if it does. */
  version: number | null;
  /** Why it was refused, in the server's words. */
  reason: string | null;
}

/** Edits in the order in which they were made. */
export type Outbox = readonly Entry[];

/** What the server's answer tells: the row's id (it may be another one) and version. */
export interface Answer {
  id?: string;
  version?: number;
  /** Of many that were added: each, in the order in which they were sent. */
  results?: readonly { outcome: string; item: { id: string } }[];
  /** Of many that were unticked or removed: those that were. */
  items?: readonly string[];
}

export function queued(outbox: Outbox, edit: Edit, op: string, about: string, at: number): Outbox {
  return [...outbox, { op, edit, about, at, state: 'waiting', version: null, reason: null }];
}

/** The oldest edit that waits; refused ones hold nobody up. */
export function nextOf(outbox: Outbox): Entry | null {
  return outbox.find(({ state }) => state === 'waiting') ?? null;
}

export function sending(outbox: Outbox, op: string): Outbox {
  return changed(outbox, op, { state: 'sending' });
}

/** It did not get through: it waits again, under the same op. */
export function failed(outbox: Outbox, op: string): Outbox {
  return changed(outbox, op, { state: 'waiting' });
}

export function refused(outbox: Outbox, op: string, reason: string): Outbox {
  return changed(versioned(outbox, op, null), op, { state: 'refused', reason });
}

export function retried(outbox: Outbox, op: string): Outbox {
  return changed(outbox, op, { state: 'waiting', reason: null });
}

export function dropped(outbox: Outbox, op: string): Outbox {
  return outbox.filter((entry) => entry.op !== op);
}

/** The server saved it. Later edits of the item follow it to the id that it really has. */
export function answered(outbox: Outbox, sent: Entry, answer: Answer): Outbox {
  const followed = followAll(outbox, movesOf(sent.edit, answer));
  const known = versioned(followed, sent.op, effectOf(answer));
  return changed(known, sent.op, { state: 'answered', version: answer.version ?? null });
}

/** Let go of what the confirmed list now contains. `change` is the frame just applied. */
export function settled(outbox: Outbox, replica: Replica, change: Change | null): Outbox {
  const done = change?.op ? outbox.find(({ op }) => op === change.op) : undefined;
  const followed = done && change ? followAll(outbox, movesIn(done.edit, change)) : outbox;
  const known = done && change ? versioned(followed, done.op, change.version) : followed;
  return known.filter(
    (entry) => entry.op !== done?.op && !(entry.state === 'answered' && caughtUp(entry, replica)),
  );
}

/** Edits of one list, oldest first. */
export function editsOf(outbox: Outbox, list: string): Outbox {
  return outbox.filter((entry) => entry.edit.list === list);
}

/** Edits that the server has not answered yet. */
export function waitingIn(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'waiting' || state === 'sending');
}

export function refusedIn(outbox: Outbox): Outbox {
  return outbox.filter(({ state }) => state === 'refused');
}

function changed(outbox: Outbox, op: string, fields: Partial<Entry>): Outbox {
  return outbox.map((entry) => (entry.op === op ? { ...entry, ...fields } : entry));
}

/** The version of a change of many; null if nothing was changed, and it is somebody else's. */
export function effectOf({ version, results, items }: Answer): number | null {
  const done = results?.some(({ outcome }) => outcome !== 'merged') ?? (items ?? []).length > 0;
  return done ? (version ?? null) : null;
}

/** An undo that waits for its edit learns the version; without one there is nothing to undo. */
function versioned(outbox: Outbox, op: string, version: number | null): Outbox {
  return outbox.flatMap((entry) => {
    const { edit } = entry;
    if (edit.do !== 'undo' || edit.of !== op || edit.version !== null) return [entry];
    return version === null ? [] : [{ ...entry, edit: { ...edit, version } }];
  });
}

/** Ids that were chosen here, with the ids that the rows really have. */
type Moves = ReadonlyMap<string, string>;

/** Adding what is already there answers with another id. */
function movesOf(edit: Edit, { id, results = [] }: Answer): Moves {
  if (edit.do === 'add many') {
    const ids = edit.lines.map(
      ({ item }, index) => [item, results[index]?.item.id ?? item] as const,
    );
    return new Map(ids);
  }
  const adds = edit.do === 'add' || edit.do === 'put back';
  return new Map(adds && id !== undefined ? [[edit.item, id]] : []);
}

/** The same, from the change itself: of many, each is found by its name. */
function movesIn(edit: Edit, { items = [] }: Change): Moves {
  if (edit.do !== 'add many')
    return movesOf(edit, { id: items.length === 1 ? items[0]?.id : undefined });
  const ids = new Map(items.map(({ id, name }) => [folded(name), id]));
  return new Map(
    edit.lines.map(({ item, fields }) => [item, ids.get(folded(fields.name)) ?? item] as const),
  );
}

/** Point every edit at the rows that there really are. */
function followAll(outbox: Outbox, moves: Moves): Outbox {
  const moved = (id: string): string => moves.get(id) ?? id;
  if ([...moves].every(([from, to]) => from === to)) return outbox;
  return outbox.map((entry) => ({ ...entry, edit: followed(entry.edit, moved) }));
}

function followed(edit: Edit, moved: (id: string) => string): Edit {
  if ('item' in edit) return { ...edit, item: moved(edit.item) };
  if (edit.do === 'undo') return { ...edit, gone: edit.gone.map(moved) };
  if ('items' in edit) return { ...edit, items: edit.items.map(moved) };
  return edit;
}

function caughtUp({ edit, version }: Entry, replica: Replica): boolean {
  if (replica.list === null || replica.ended) return true;
  if (version !== null) return replica.version >= version;
  return edit.do !== 'remove' || !replica.items.has(edit.item);
}
