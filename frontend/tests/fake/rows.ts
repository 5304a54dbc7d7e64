import type { Change, ItemRow, ListRow, Snapshot } from '../../src/protocol/frames';

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

export function change(version: number, fields: Partial<Change> = {}): Change {
  return {
    type: 'change',
    topic: 'list:one',
    epoch: 'aaaaaaaa',
    version,
    at: AT,
    actor: ana,
    op: null,
    verb: 'item.added',
    ...fields,
  };
}

export function snapshot(version: number, fields: Partial<Snapshot> = {}): Snapshot {
  return {
    type: 'snapshot',
    topic: 'list:one',
    epoch: 'aaaaaaaa',
    version,
    part: 1,
    parts: 1,
    list: listRow('one'),
    items: [],
    ...fields,
  };
}
