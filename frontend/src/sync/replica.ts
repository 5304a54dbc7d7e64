import type { Change, Ended, ItemRow, ListRow, ServerFrame, Snapshot } from '../protocol/types';

/** A snapshot of which some parts are still to come. */
interface PartialSnapshot {
  epoch: string;
  version: number;
  parts: number;
  items: ReadonlyMap<string, ItemRow>;
}

/** One list as the server has confirmed it, at `(epoch, version)`. */
export interface Replica {
  topic: string;
  epoch: string | null;
  version: number;
  list: ListRow | null;
  items: ReadonlyMap<string, ItemRow>;
  ended: Ended['reason'] | null;
  partial: PartialSnapshot | null;
}

/**
 * What a frame did.
 *
 * `gap` asks for another subscribe with `since`; `waiting` means that the frame
 * belongs to a snapshot, or has to wait for one.
 */
export type Effect = 'applied' | 'dropped' | 'gap' | 'waiting';

export interface ReplicaUpdate {
  replica: Replica;
  effect: Effect;
}

export function emptyReplica(topic: string): Replica {
  return {
    topic,
    epoch: null,
    version: 0,
    list: null,
    items: new Map(),
    ended: null,
    partial: null,
  };
}

/** Where a replica stands, or null before its first snapshot. */
export function positionOf(replica: Replica): { since: number; epoch: string } | null {
  return replica.epoch === null ? null : { since: replica.version, epoch: replica.epoch };
}

/** The client rules of the protocol: a replica and a frame give a replica. Pure. */
export function applyFrame(replica: Replica, frame: ServerFrame): ReplicaUpdate {
  switch (frame.type) {
    case 'snapshot':
      return applySnapshot(replica, frame);
    case 'change':
      return applyChange(replica, frame);
    case 'ended':
      // What may no longer be seen is not kept either.
      return {
        replica: { ...emptyReplica(replica.topic), ended: frame.reason },
        effect: 'applied',
      };
    default:
      return { replica, effect: 'dropped' };
  }
}

function applySnapshot(replica: Replica, frame: Snapshot): ReplicaUpdate {
  if (frame.epoch === replica.epoch && frame.version < replica.version) {
    return { replica, effect: 'dropped' };
  }
  const partial =
    frame.part === 1 ? emptyPartial(frame) : continuedSnapshot(replica.partial, frame);
  if (!partial) return { replica: { ...replica, partial: null }, effect: 'gap' };
  const items = new Map(partial.items);
  for (const item of frame.items) items.set(item.id, item);
  if (frame.part < frame.parts) {
    return { replica: { ...replica, partial: { ...partial, items } }, effect: 'waiting' };
  }
  const { epoch, version, list } = frame;
  return {
    replica: { ...replica, epoch, version, list, items, ended: null, partial: null },
    effect: 'applied',
  };
}

function emptyPartial({ epoch, version, parts }: Snapshot): PartialSnapshot {
  return { epoch, version, parts, items: new Map() };
}

/** The parts so far, if this part belongs to them. */
function continuedSnapshot(
  partial: PartialSnapshot | null,
  frame: Snapshot,
): PartialSnapshot | null {
  const isSame = partial?.epoch === frame.epoch && partial.version === frame.version;
  return partial && isSame ? partial : null;
}

function applyChange(replica: Replica, frame: Change): ReplicaUpdate {
  if (frame.epoch !== replica.epoch) return { replica, effect: effectWithoutSnapshot(replica) };
  if (frame.version <= replica.version) return { replica, effect: 'dropped' };
  if (frame.version > replica.version + 1) return { replica, effect: 'gap' };
  return {
    replica: {
      ...replica,
      version: frame.version,
      list: listAfter(replica.list, frame),
      items: itemsAfter(replica.items, frame),
    },
    effect: 'applied',
  };
}

/** Changes of another epoch wait for a snapshot; ask for one unless it is on its way. */
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
  { items: rows = [], gone = [] }: Change,
): ReadonlyMap<string, ItemRow> {
  if (rows.length === 0 && gone.length === 0) return items;
  const after = new Map(items);
  for (const item of rows) after.set(item.id, item);
  for (const id of gone) after.delete(id);
  return after;
}
