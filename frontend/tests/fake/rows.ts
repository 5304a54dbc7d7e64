import type {
  ActivitySummary,
  Change,
  ItemRow,
  ListRow,
  ServerFrame,
  Snapshot,
} from '../../src/protocol/frames';
import { digestOf, EMPTY_DIGEST } from '../../src/sync/digest';

export const AT = '2026-11-22T10:00:00Z';
export const ana = { id: 3, name: 'Ana' };

export function item(id: string, fields: Partial<ItemRow> = {}): ItemRow {
  return {
    id,
    name: id,
    quantity: '',
    note: '',
    category: '',
    purchased: false,
    purchased_at: null,
    purchased_by: null,
    position: id,
    version: 1,
    created_at: AT,
    created_by: ana,
    updated_at: AT,
    ...fields,
  };
}

export function listRow(id: string, fields: Partial<ListRow> = {}): ListRow {
  return {
    id,
    name: 'Groceries',
    last_interaction: AT,
    created_at: AT,
    created_by: ana,
    members: [{ ...ana, role: 'owner' }],
    ...fields,
  };
}

/** The first frame of a connection. */
export function welcome(...listIds: string[]): ServerFrame {
  return {
    type: 'welcome',
    protocol: 1,
    server: '1',
    at: AT,
    connection: 'c',
    user: ana,
    lists: listIds.map((id) => ({ id, epoch: 'aaaaaaaa', version: 1, digest: EMPTY_DIGEST })),
    heartbeat: 20,
    limits: {},
  };
}

/** The summary of a change of this many items, as the activity log has it. */
export function logSummary(names: string[], items: number): ActivitySummary {
  return { items, members: 0, list_changed: false, names, fields: {} };
}

/** A change without its digests: `DigestWriter` adds them. */
export function change(version: number, fields: Partial<Change> = {}): Change {
  return {
    type: 'change',
    topic: 'list:one',
    epoch: 'aaaaaaaa',
    version,
    base: EMPTY_DIGEST,
    digest: EMPTY_DIGEST,
    at: AT,
    actor: ana,
    op: null,
    verb: 'item.added',
    ...fields,
  };
}

/** A snapshot with the digest of its own rows. */
export function snapshot(version: number, fields: Partial<Snapshot> = {}): Snapshot {
  const { list = listRow('one'), items = [] } = fields;
  return {
    type: 'snapshot',
    topic: 'list:one',
    epoch: 'aaaaaaaa',
    version,
    digest: digestOf(list, items),
    part: 1,
    parts: 1,
    list,
    items,
    ...fields,
  };
}

/** Adds to each change the digests of the rows before and after it, computed from all rows. */
export class DigestWriter {
  readonly #states = new Map<string, { list: ListRow; items: Map<string, ItemRow> }>();

  readonly write = <Frame extends ServerFrame>(frame: Frame): Frame => {
    if (frame.type === 'snapshot') {
      const items = new Map(frame.items.map((row) => [row.id, row]));
      this.#states.set(frame.topic, { list: frame.list, items });
    }
    return frame.type === 'change' ? { ...frame, ...this.#digests(frame) } : frame;
  };

  #digests(frame: Change): { base: string; digest: string } {
    const state = this.#states.get(frame.topic);
    if (!state) throw new Error(`${frame.topic} has no snapshot`);
    const base = digestOf(state.list, state.items.values());
    state.list = frame.list ?? state.list;
    for (const row of frame.items ?? []) state.items.set(row.id, row);
    for (const { ids, fields } of frame.patches ?? []) {
      for (const id of ids) {
        const row = state.items.get(id);
        if (row) state.items.set(id, { ...row, ...fields });
      }
    }
    for (const id of frame.gone ?? []) state.items.delete(id);
    return { base, digest: digestOf(state.list, state.items.values()) };
  }
}
