import type { Change, Ended, ItemRow, ListRow, ServerFrame, Snapshot } from '../protocol/frames';
import { digestAfter, digestOf, EMPTY_DIGEST, itemHash, listHash, type RowHash } from './digest';

/** A snapshot whose last parts have not arrived yet. */
interface PartialSnapshot {
  epoch: string;
  version: number;
  digest: string;
  items: ReadonlyMap<string, ItemRow>;
}

/** A copy of one list as the server has it at `(epoch, version, digest)`. */
export interface Replica {
  topic: string;
  /** Null if the replica has no position: before its first snapshot, and after a mismatch. */
  epoch: string | null;
  version: number;
  /** The digest of this version, as the server sent it. */
  digest: string;
  /** The digest of the rows below, as this client computes it. */
  computedDigest: string;
  list: ListRow | null;
  items: ReadonlyMap<string, ItemRow>;
  ended: Ended['reason'] | null;
  partial: PartialSnapshot | null;
}

/** The place of a replica in the history of its list, as a subscription sends it. */
export interface ReplicaPosition {
  since: number;
  epoch: string;
  digest: string;
}

/**
 * The effect of a frame.
 *
 * `gap`: the frame does not follow the replica, so the topic must be subscribed to again.
 * `mismatch`: the frame was applied, but the rows differ from those of the server. After a
 * change the replica has no position any more, so the next subscription gets a snapshot.
 * `waiting`: the frame is part of a snapshot, or a snapshot must arrive first.
 */
export type Effect = 'applied' | 'dropped' | 'gap' | 'mismatch' | 'waiting';

export interface ReplicaUpdate {
  replica: Replica;
  effect: Effect;
}

export function emptyReplica(topic: string): Replica {
  return {
    topic,
    epoch: null,
    version: 0,
    digest: EMPTY_DIGEST,
    computedDigest: EMPTY_DIGEST,
    list: null,
    items: new Map(),
    ended: null,
    partial: null,
  };
}

/** The part of a replica that is stored beside its rows. */
interface StoredHeader {
  epoch: string;
  version: number;
  digest: string;
  computedDigest: string;
  list: ListRow;
}

/**
 * A replica from what this browser stored, or null if its rows are not those that were stored.
 *
 * Without a position the server would send everything anyway, so nothing else is repaired.
 */
export function storedReplica(
  topic: string,
  header: StoredHeader,
  rows: Iterable<ItemRow>,
): Replica | null {
  const items = new Map(Array.from(rows, (row) => [row.id, row] as const));
  if (digestOf(header.list, items.values()) !== header.computedDigest) return null;
  return { ...emptyReplica(topic), ...header, items };
}

/** The position of a replica, or null if it has none. */
export function positionOf({ epoch, version, digest }: Replica): ReplicaPosition | null {
  return epoch === null ? null : { since: version, epoch, digest };
}

/** Whether a snapshot shows that versions which the replica had do not exist any more. */
export function isRewritten(before: Replica, after: Replica): boolean {
  if (before.epoch === null || after.epoch === null) return false;
  return (
    after.epoch !== before.epoch ||
    after.version < before.version ||
    (after.version === before.version && after.digest !== before.digest)
  );
}

/** Apply a frame to a replica by the client rules of the protocol. Pure. */
export function applyFrame(replica: Replica, frame: ServerFrame): ReplicaUpdate {
  switch (frame.type) {
    case 'snapshot':
      return applySnapshot(replica, frame);
    case 'change':
      return applyChange(replica, frame);
    case 'ended':
      // Data that the user may no longer see must not stay in memory.
      return {
        replica: { ...emptyReplica(replica.topic), ended: frame.reason },
        effect: 'applied',
      };
    default:
      return { replica, effect: 'dropped' };
  }
}

function applySnapshot(replica: Replica, frame: Snapshot): ReplicaUpdate {
  const partial =
    frame.part === 1 ? emptyPartial(frame) : continuedSnapshot(replica.partial, frame);
  if (!partial) return { replica: { ...replica, partial: null }, effect: 'gap' };
  const items = new Map(partial.items);
  for (const item of frame.items) items.set(item.id, item);
  if (frame.part < frame.parts) {
    return { replica: { ...replica, partial: { ...partial, items } }, effect: 'waiting' };
  }
  const { epoch, version, digest, list } = frame;
  const computedDigest = digestOf(list, items.values());
  return {
    replica: {
      ...replica,
      epoch,
      version,
      digest,
      computedDigest,
      list,
      items,
      ended: null,
      partial: null,
    },
    // A snapshot is kept anyway: another one would not differ.
    effect: computedDigest === digest ? 'applied' : 'mismatch',
  };
}

function emptyPartial({ epoch, version, digest }: Snapshot): PartialSnapshot {
  return { epoch, version, digest, items: new Map() };
}

/** The parts received so far, if this part belongs to the same snapshot. */
function continuedSnapshot(
  partial: PartialSnapshot | null,
  frame: Snapshot,
): PartialSnapshot | null {
  const isSame =
    partial?.epoch === frame.epoch &&
    partial.version === frame.version &&
    partial.digest === frame.digest;
  return partial && isSame ? partial : null;
}

function applyChange(replica: Replica, frame: Change): ReplicaUpdate {
  const { epoch, version, digest } = frame;
  if (epoch !== replica.epoch) return { replica, effect: effectWithoutSnapshot(replica) };
  if (version === replica.version && digest === replica.digest)
    return { replica, effect: 'dropped' };
  if (version !== replica.version + 1 || frame.base !== replica.digest)
    return { replica, effect: 'gap' };
  const list = listAfter(replica.list, frame);
  const items = itemsAfter(replica.items, frame);
  // The change that deletes a list for good names no rows. `ended` follows it.
  const computedDigest =
    digest === EMPTY_DIGEST ? digest : digestAfterChange(replica, { list, items }, frame);
  // A client that could not compute the digest of the snapshot cannot judge its own rows.
  const isMismatch = replica.computedDigest === replica.digest && computedDigest !== digest;
  return {
    replica: {
      ...replica,
      epoch: isMismatch ? null : epoch,
      version,
      digest,
      computedDigest,
      list,
      items,
    },
    effect: isMismatch ? 'mismatch' : 'applied',
  };
}

/** The rows that a change has added or edited, as they are after it. */
export function changedRows(change: Change, after: Pick<Replica, 'items'>): ItemRow[] {
  return changedIds(change).flatMap((id) => after.items.get(id) ?? []);
}

/** The ids of all rows that a change names. */
export function touchedIds(change: Change): string[] {
  return [...changedIds(change), ...(change.gone ?? [])];
}

function changedIds({ items = [], patches = [] }: Change): string[] {
  return [...items.map(({ id }) => id), ...patches.flatMap(({ ids }) => ids)];
}

/** The digest of the rows after a change. Only those that the change names are computed. */
function digestAfterChange(
  before: Replica,
  after: Pick<Replica, 'list' | 'items'>,
  change: Change,
): string {
  const { list, gone = [] } = change;
  const ids = new Set([...changedIds(change), ...gone]);
  const hashesOf = (state: Pick<Replica, 'list' | 'items'>): RowHash[] => [
    ...(list && state.list ? [listHash(state.list)] : []),
    ...[...ids].flatMap((id) => state.items.get(id) ?? []).map(itemHash),
  ];
  return digestAfter(before.computedDigest, hashesOf(before), hashesOf(after));
}

/** A change of another epoch needs a snapshot: request one, unless it is being received. */
function effectWithoutSnapshot(replica: Replica): Effect {
  return replica.epoch === null || replica.partial ? 'waiting' : 'gap';
}

function listAfter(list: ListRow | null, { list: row, at }: Change): ListRow | null {
  const latest = row ?? list;
  if (!latest) return null;
  const last = at > latest.last_interaction ? at : latest.last_interaction;
  return { ...latest, last_interaction: last };
}

function itemsAfter(
  items: ReadonlyMap<string, ItemRow>,
  { items: rows = [], patches = [], gone: removedIds = [] }: Change,
): ReadonlyMap<string, ItemRow> {
  if (rows.length === 0 && patches.length === 0 && removedIds.length === 0) return items;
  const after = new Map(items);
  for (const item of rows) after.set(item.id, item);
  for (const { ids, fields } of patches) {
    for (const id of ids) {
      const item = after.get(id);
      // An unknown row is left out. The digest then differs, and a snapshot is requested.
      if (item) after.set(id, { ...item, ...fields });
    }
  }
  for (const id of removedIds) after.delete(id);
  return after;
}
