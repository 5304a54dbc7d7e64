import type { Change, Ended, ItemRow, ListRow, ServerFrame, Snapshot } from '../protocol/frames';

/** A snapshot whose last parts have not arrived yet. */
interface PartialSnapshot {
  epoch: string;
  version: number;
  parts: number;
  items: ReadonlyMap<string, ItemRow>;
}

/** A copy of one list as the server has it at `(epoch, version)`. */
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
 * The effect of a frame.
 *
 * `gap`: changes are missing, so the topic must be subscribed to again with `since`.
 * `waiting`: the frame is part of a snapshot, or a snapshot must arrive first.
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

/** The position of a replica, or null before its first snapshot. */
export function positionOf(replica: Replica): { since: number; epoch: string } | null {
  return replica.epoch === null ? null : { since: replica.version, epoch: replica.epoch };
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

/** The parts received so far, if this part belongs to the same snapshot. */
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
  { items: rows = [], gone: removedIds = [] }: Change,
): ReadonlyMap<string, ItemRow> {
  if (rows.length === 0 && removedIds.length === 0) return items;
  const after = new Map(items);
  for (const item of rows) after.set(item.id, item);
  for (const id of removedIds) after.delete(id);
  return after;
}
