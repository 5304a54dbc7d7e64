import type { Change, Ended, ItemRow, ListRow, ServerFrame, Snapshot } from '../protocol/types';

/** A snapshot of which some parts are still to come. */
interface Partial {
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
  partial: Partial | null;
}

/**
 * What a frame did.
 *
 * `gap` asks for another subscribe with `since`; `waiting` means that the frame
 * belongs to a snapshot, or has to wait for one.
 */
export type Effect = 'applied' | 'dropped' | 'gap' | 'waiting';

export interface Step {
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
export function apply(replica: Replica, frame: ServerFrame): Step {
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

function applySnapshot(replica: Replica, frame: Snapshot): Step {
  if (frame.epoch === replica.epoch && frame.version < replica.version) {
    return { replica, effect: 'dropped' };
  }
  const begun = frame.part === 1 ? emptyPartial(frame) : continued(replica.partial, frame);
  if (!begun) return { replica: { ...replica, partial: null }, effect: 'gap' };
  const items = new Map(begun.items);
  for (const item of frame.items) items.set(item.id, item);
  if (frame.part < frame.parts) {
    return { replica: { ...replica, partial: { ...begun, items } }, effect: 'waiting' };
  }
  const { epoch, version, list } = frame;
  return {
    replica: { ...replica, epoch, version, list, items, ended: null, partial: null },
    effect: 'applied',
  };
}

function emptyPartial({ epoch, version, parts }: Snapshot): Partial {
  return { epoch, version, parts, items: new Map() };
}

/** The parts so far, if this part belongs to them. */
function continued(partial: Partial | null, frame: Snapshot): Partial | null {
  const same = partial?.epoch === frame.epoch && partial.version === frame.version;
  return partial && same ? partial : null;
}

function applyChange(replica: Replica, frame: Change): Step {
  if (frame.epoch !== replica.epoch) return { replica, effect: missing(replica) };
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
function missing(replica: Replica): Effect {
  return replica.epoch === null || replica.partial ? 'waiting' : 'gap';
}

function listAfter(list: ListRow | null, { list: told, at }: Change): ListRow | null {
  const newest = told ?? list;
  if (!newest) return null;
  const last = at > newest.last_interaction ? at : newest.last_interaction;
  return { ...newest, last_interaction: last };
}

function itemsAfter(
  items: ReadonlyMap<string, ItemRow>,
  { items: told = [], gone = [] }: Change,
): ReadonlyMap<string, ItemRow> {
  if (told.length === 0 && gone.length === 0) return items;
  const after = new Map(items);
  for (const item of told) after.set(item.id, item);
  for (const id of gone) after.delete(id);
  return after;
}
