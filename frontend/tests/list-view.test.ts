import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemRow } from '../src/protocol/frames';
import type { Edit } from '../src/sync/edit';
import { emptyView, itemBefore, nextView, optimisticRows } from '../src/sync/list-view';
import type { OutboxEntry } from '../src/sync/outbox';
import { ana, AT, item } from './fake/rows';

const entry = (op: string, edit: Edit, state: OutboxEntry['state'] = 'waiting'): OutboxEntry => ({
  op,
  edit,
  label: op,
  state,
  createdAt: Date.parse(AT),
  version: null,
  reason: null,
  changeVersion: null,
  acknowledgedAt: null,
});
const mapOf = (...items: ItemRow[]): Map<string, ItemRow> =>
  new Map(items.map((row) => [row.id, row]));
const tick = (op: string, id: string): OutboxEntry =>
  entry(op, { type: 'change', list: 'one', item: id, fields: { purchased: true } });

const ids = ['a', 'b', 'c', 'd', 'e'] as const;
const anyId = fc.constantFrom(...ids);
const anyItem = fc
  .record({
    id: anyId,
    name: fc.constantFrom('Milk', 'milk ', 'Eggs', 'Tea'),
    position: fc.constantFrom('1', '2', '3'),
    bought: fc.option(fc.constantFrom('2026-11-01', '2026-11-02')),
  })
  .map(({ id, name, position, bought }) =>
    item(id, { name, position, purchased: bought !== null, purchased_at: bought }),
  );
const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  anyId.map((id): Edit => ({ type: 'remove', list: 'one', item: id })),
  fc.tuple(anyId, fc.boolean()).map(([id, purchased]): Edit => {
    return { type: 'change', list: 'one', item: id, fields: { purchased } };
  }),
  fc
    .tuple(fc.constantFrom('new1', 'new2'), fc.constantFrom('Milk', 'Rice'))
    .map(([id, name]): Edit => ({ type: 'add', list: 'one', item: id, fields: { name } })),
  fc.subarray([...ids]).map((items): Edit => ({ type: 'untick items', list: 'one', items })),
);
/** What the user sees next: other confirmed items, or other edits. */
const anyStep = fc.record({
  items: fc.option(fc.array(anyItem, { maxLength: 6 })),
  edits: fc.option(fc.array(anyEdit, { maxLength: 4 })),
});

describe('a view of a list', () => {
  it('equals a new view of the same items and edits, after any steps', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 8 }), (steps) => {
        let items = new Map<string, ItemRow>();
        let edits: OutboxEntry[] = [];
        let view = emptyView;
        for (const [index, step] of steps.entries()) {
          if (step.items) items = mapOf(...step.items);
          if (step.edits) edits = step.edits.map((edit, n) => entry(`${index}.${n}`, edit));
          view = nextView(view, items, edits, ana);
          const anew = nextView(emptyView, new Map(items), [...edits], ana);
          expect(view.rows).toEqual(anew.rows);
          expect(view.boughtRows).toEqual(anew.boughtRows);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('has its rows in the order of positions, and the bought ones by time, latest first', () => {
    fc.assert(
      fc.property(fc.array(anyItem), (list) => {
        const { rows, boughtRows } = nextView(emptyView, mapOf(...list), [], ana);
        const positions = rows.map((row) => row.item.position + row.item.id);
        const times = boughtRows.map((row) => row.item.purchased_at ?? '');
        expect(positions).toEqual(positions.toSorted());
        expect(times).toEqual(times.toSorted().reverse());
        expect(new Set(boughtRows)).toEqual(new Set(rows.filter((row) => row.item.purchased)));
      }),
    );
  });

  it('is the same object if nothing changes', () => {
    const items = mapOf(item('a'));
    const edits = [tick('op', 'a')];
    const view = nextView(emptyView, items, edits, ana);
    expect(nextView(view, items, [...edits], ana)).toBe(view);
  });

  it('replaces one row for a tick, and keeps all others', () => {
    const items = mapOf(...Array.from({ length: 300 }, (_, n) => item(String(1000 + n))));
    const before = nextView(emptyView, items, [], ana);
    const after = nextView(before, items, [tick('op', '1150')], ana);
    const changed = after.rows.filter((row, index) => row !== before.rows[index]);
    expect(changed.map((row) => row.item.id)).toEqual(['1150']);
  });

  it('keeps the row of a waiting edit while the edit is sent', () => {
    const items = mapOf(item('a'), item('b'));
    const waiting = tick('op', 'a');
    const before = nextView(emptyView, items, [waiting], ana);
    const after = nextView(before, items, [{ ...waiting, state: 'sending' }], ana);
    expect(after.rows[0]).toBe(before.rows[0]);
  });

  it('adds to the open item of that name before a bought one', () => {
    const items = mapOf(
      item('a', { name: 'Milk', purchased: true, purchased_at: AT }),
      item('b', { name: 'milk' }),
    );
    const add = entry('op', {
      type: 'add',
      list: 'one',
      item: 'new',
      fields: { name: 'MILK', quantity: '2' },
    });
    const rows = optimisticRows(items, [add], ana);
    expect(rows.map((row) => [row.item.id, row.item.quantity])).toEqual([
      ['a', ''],
      ['b', '2'],
    ]);
  });
});

describe('the item before another', () => {
  it('is the one in front of it in the order of the list', () => {
    const items = mapOf(
      item('c', { position: '3' }),
      item('a', { position: '1' }),
      item('b', { position: '2' }),
    );
    expect(['a', 'b', 'c', 'unknown'].map((id) => itemBefore(items, id))).toEqual([
      null,
      'a',
      'b',
      null,
    ]);
  });
});
