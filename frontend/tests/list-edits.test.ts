import vectors from '../../tests/vectors/list_edits.json';
import { describe, expect, it } from 'vitest';
import type { ItemRow } from '../src/protocol/frames';
import { copiedItems } from '../src/sync/copied-items';
import { requestOf } from '../src/sync/edit-request';
import type { Edit, ListSettings, SettingsPatch } from '../src/sync/edit';
import { optimisticRows } from '../src/sync/list-view';
import { inversePatch, optimisticSettings } from '../src/sync/list-settings';
import {
  acknowledged,
  changeVersionOf,
  EMPTY_OUTBOX,
  queued,
  rejected,
  retried,
  savedByChange,
  type OutboxEntry,
} from '../src/sync/outbox';
import { emptyReplica } from '../src/sync/replica';
import type { Verb } from '../src/protocol/rest';
import { activityText, summaryOfChange } from '../src/stores/activity-text';
import type { ChangedFields } from '../src/stores/changed-fields';
import { entryFromActivity } from '../src/stores/history-entry';
import { AT, ana, change, item, listRow } from './fake/rows';

interface VectorItem {
  id?: string;
  name: string;
  not_found?: boolean;
}

interface Vector {
  claim: string;
  items?: VectorItem[];
  settings?: Required<ListSettings>;
  edit: Edit;
  request: { method: string; path: string; body: unknown };
  items_after: VectorItem[];
  settings_after?: ListSettings;
  fields?: Record<string, unknown>;
}

// The same vectors hold what the server does with the requests.
const { items, settings, cases } = vectors as unknown as {
  items: VectorItem[];
  settings: Required<ListSettings>;
  cases: Vector[];
};

const rowOf = ({ id = '', not_found: isMissing, ...fields }: VectorItem, index: number): ItemRow =>
  item(id, { position: `V${index}`, ...fields, not_found_at: isMissing ? AT : null });

const rowsOf = (each: readonly VectorItem[]): Map<string, ItemRow> =>
  new Map(each.map((one, index) => [one.id ?? '', rowOf(one, index)]));
const rows = rowsOf(items);
/** What the list has before the edit of a vector. */
const startOf = (vector: Vector) => ({
  rows: vector.items ? rowsOf(vector.items) : rows,
  settings: vector.settings ?? settings,
});

function entry(edit: Edit, op = 'op'): OutboxEntry {
  const queuedEntry = { op, edit, label: 'Label', createdAt: 0 };
  const [first] = queued(EMPTY_OUTBOX, queuedEntry).entries;
  if (!first) throw new Error('nothing was queued');
  return first;
}

const isSame = (a: ItemRow, b: ItemRow | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const comparable = ({ name, quantity, note, category, shops, purchased, ...row }: ItemRow) => ({
  ...{ name, quantity, note, category, purchased },
  shops: shops ?? [],
  not_found: Boolean(row.not_found_at),
});

const textOf = (verb: Verb, fields: ChangedFields, count = 1): string =>
  activityText({
    ...{ verb, fields, count, actor: ana, listName: 'Groceries' },
    names: ['Milk', 'Bread', 'Tea'].slice(0, count),
  });
const rightOf = (verb: Verb, fields: ChangedFields, list_changed: boolean): unknown =>
  entryFromActivity(
    {
      ...{ version: 1, digest: '', at: AT, verb, actor: ana, op: null },
      ...{ undoes: verb === 'undo' ? 0 : null, undone_by: null },
      summary: { items: 1, members: 0, list_changed, names: ['Milk'], fields },
    },
    '',
  ).requiredRight;

describe('an edit of a list', () => {
  it('ITM-140 has a sentence that says from what to what', () => {
    const lidl = { before: 'Lidl', after: '' };
    const aisles = { before: 'Dairy', after: 'Bakery, Dairy' };
    const staples = { before: '', after: '2 l Milk' };
    const cold = { before: 'Dairy', after: 'Cold' };
    const isMissing = { before: false, after: true };
    const wasMissing = { before: true, after: false };
    const quantity = { before: '', after: '2' };
    expect([
      textOf('item.edited', { shops: lidl }),
      textOf('item.edited', { shops: lidl, quantity }),
      textOf('item.edited', { not_found: isMissing }),
      textOf('item.edited', { not_found: wasMissing }),
      textOf('item.ticked', { purchased: isMissing, not_found: wasMissing }),
      textOf('items.edited', { category: cold }, 3),
      textOf('list.edited', { category: cold }, 2),
      textOf('list.edited', { aisles }),
      textOf('list.edited', { shops: lidl }),
      textOf('list.edited', { staples }),
      textOf('list.edited', { aisles, staples }),
      textOf('list.edited', {}),
    ]).toEqual([
      'Ana changed the shops of Milk: Lidl → every shop',
      'Ana changed Milk: Shops Lidl → –, Quantity – → 2',
      'Ana did not find Milk',
      'Ana no longer marks Milk as not found',
      'Ana ticked Milk',
      'Ana moved Milk, Bread, and Tea from Dairy to Cold',
      'Ana moved Milk and Bread from Dairy to Cold',
      'Ana changed the order of the aisles: Dairy → Bakery, Dairy',
      'Ana changed the shops: Lidl → –',
      'Ana changed the usual items: – → 2 l Milk',
      'Ana changed Groceries: Order of the aisles Dairy → Bakery, Dairy, The usual items – → 2 l Milk',
      'Ana changed the list',
    ]);
  });

  it('ITM-140 is undone by those who may write its inverse', () => {
    const value = { before: '', after: 'x' };
    expect([
      rightOf('item.edited', { not_found: value }, false),
      rightOf('item.edited', { not_found: value, shops: value }, false),
      rightOf('list.edited', { aisles: value }, true),
      rightOf('undo', { shops: value }, true),
      rightOf('undo', { name: value }, true),
      rightOf('undo', {}, true),
    ]).toEqual(['tick', 'edit', 'edit', 'edit', 'manage', 'manage']);
  });

  it.each(cases)('ITM-138 is sent, and shown as the server will do it: $claim', (vector) => {
    const start = startOf(vector);
    const queuedEntry = entry(vector.edit);
    const { method, path, body } = requestOf(queuedEntry);
    expect({ method, path, body }).toEqual(vector.request);
    const shown = optimisticRows(start.rows, [queuedEntry], ana).map((row) => comparable(row.item));
    const expected = vector.items_after.map((each, index) => comparable(rowOf(each, index)));
    expect(shown).toEqual(expected);
    expect(optimisticSettings(start.settings, [queuedEntry])).toEqual(
      vector.settings_after ?? start.settings,
    );
  });

  it.each(cases)('ITM-140 is in the history as the server logs it: $claim', (vector) => {
    const start = startOf(vector);
    const queuedEntry = entry(vector.edit);
    const view = new Map(
      optimisticRows(start.rows, [queuedEntry], ana).map((row) => [row.item.id, row.item]),
    );
    const list = listRow('one', start.settings);
    const after = listRow('one', optimisticSettings(start.settings, [queuedEntry]));
    const frame = change(2, {
      verb: 'items.edited',
      items: [...view.values()].filter((row) => !isSame(row, start.rows.get(row.id))),
      gone: [...start.rows.keys()].filter((id) => !view.has(id)),
      ...(vector.settings_after && { list: after }),
    });
    const before = { ...emptyReplica('list:one'), list, items: start.rows };
    const { fields } = summaryOfChange(frame, before);
    expect(fields).toEqual(vector.fields ?? {});
  });

  it('ITM-139 places items that wait where the user has put them, one after the other', () => {
    const move = (...[moved, after]: [string[], string | null]): OutboxEntry =>
      entry({ type: 'move items', list: 'one', items: moved, after });
    const names = (...edits: OutboxEntry[]): string =>
      optimisticRows(rows, edits, ana)
        .map((row) => row.item.id)
        .join(' ');
    expect(names(move(['salt'], 'milk'))).toBe('milk salt bread cheese tea');
    expect(names(move(['salt'], 'milk'), move(['tea'], 'milk'))).toBe('milk tea salt bread cheese');
    expect(names(move(['salt'], null), move(['tea'], null))).toBe('tea salt milk bread cheese');
    expect(names(move(['salt'], null), move(['tea'], 'salt'))).toBe('salt tea milk bread cheese');
    expect(names(move(['salt', 'tea'], 'milk'), move(['bread'], 'salt'))).toBe(
      'milk salt bread tea cheese',
    );
    expect(names(move(['milk'], 'gone'))).toBe('milk bread cheese tea salt');
  });

  it('ITM-139 keeps a move of a new item, which gets another id', () => {
    const add: Edit = { type: 'add', list: 'one', item: 'new', fields: { name: 'Nuts' } };
    const move: Edit = { type: 'move items', list: 'one', items: ['milk'], after: 'new' };
    let outbox = queued(EMPTY_OUTBOX, { op: 'add', edit: add, label: 'Nuts', createdAt: 0 });
    outbox = queued(outbox, { op: 'move', edit: move, label: 'Milk', createdAt: 0 });
    const response = { id: 'nuts', version: 2, outcome: 'merged' as const };
    outbox = acknowledged(outbox, 'add', response, { now: 0, conflictOps: [] });
    expect(outbox.entries[1]?.edit).toMatchObject({ items: ['milk'], after: 'nuts' });
  });

  it('ITM-139 is known by its change on its own list, not by the one on the other list', () => {
    const edit: Edit = { type: 'move to list', list: 'one', items: ['milk'], target: 'two' };
    const outbox = queued(EMPTY_OUTBOX, { op: 'op', edit, label: 'Milk', createdAt: 0 });
    const other = change(70, { topic: 'list:two', op: 'op' });
    expect(savedByChange(outbox, other, 0)).toBe(outbox);
    const own = change(8, { op: 'op', gone: ['milk'] });
    expect(savedByChange(outbox, own, 0).entries[0]).toMatchObject({
      state: 'acknowledged',
      changeVersion: 8,
    });
    expect(changeVersionOf({ version: 8, items: ['milk'] })).toBe(8);
    expect(changeVersionOf({ version: 8, items: [] })).toBe(null);
  });

  it('ITM-139 gives the copies of items the ids and the conflicts of the server', () => {
    const newItems = copiedItems([item('rice'), item('salt')], () => crypto.randomUUID());
    const ids = newItems.map((each) => each.item);
    const edit: Edit = {
      ...{ type: 'copy items', list: 'one', source: 'two', items: ['rice', 'salt'], newItems },
    };
    const outbox = queued(EMPTY_OUTBOX, { op: 'op', edit, label: '2 items', createdAt: 0 });
    const results = [
      { outcome: 'added' as const, changed: [], item: { id: 'r' } },
      { outcome: 'conflict' as const, changed: [], reason: 'too long', item: { id: 's' } },
    ];
    const after = acknowledged(
      outbox,
      'op',
      { version: 9, results },
      { now: 0, conflictOps: ['', 'c'] },
    );
    expect(after.aliases).toContainEqual({ from: ids[0], to: 'r', at: 0 });
    expect(after.entries.map(({ state, edit: { type } }) => [state, type])).toEqual([
      ['acknowledged', 'copy items'],
      ['rejected', 'add'],
    ]);
    expect(after.entries[0]).toMatchObject({ changeVersion: 9 });
  });

  it('ITM-139 is tried again without the items that were removed meanwhile', () => {
    const edit: Edit = { type: 'edit items', list: 'one', items: ['milk', 'gone'], fields: {} };
    const outbox = rejected([entry(edit)], 'op', 'not on this list');
    const [again] = retried(outbox, 'op', (id) => rows.has(id));
    expect(again).toMatchObject({ state: 'waiting', edit: { items: ['milk'] } });
    const [kept] = retried(outbox, 'op', () => false);
    expect(kept).toMatchObject({ edit: { items: ['milk', 'gone'] } });
  });

  it('ITM-139 of settings is shown as undone before it is saved', () => {
    const patch: SettingsPatch = {
      aisles: ['Bakery'],
      shops: { Lidl: null, Spar: { aisles: ['Bakery'] } },
      staples: { Milk: { note: 'fresh' }, Salt: {} },
    };
    const inverse = inversePatch(settings, patch);
    const undo: Edit = {
      ...{ type: 'undo', list: 'one', undoneOp: 'op', version: null },
      ...{ restoredRows: [], removedIds: [], settings: inverse },
    };
    const edits = [entry({ type: 'settings', list: 'one', patch }), entry(undo, 'undo')];
    expect(optimisticSettings(settings, edits)).toEqual(settings);
    expect(
      optimisticSettings(
        settings,
        edits.map((each) => ({ ...each, state: 'rejected' })),
      ),
    ).toEqual(settings);
    expect(optimisticSettings({}, [])).toEqual({ aisles: [], shops: {}, staples: {} });
  });

  it('ITM-139 creates a list with the settings of another one', () => {
    const creation: Edit = { type: 'create', list: 'one', name: 'Party', owner: ana, settings };
    expect(requestOf(entry(creation)).body).toEqual({ id: 'one', name: 'Party', ...settings });
  });
});
