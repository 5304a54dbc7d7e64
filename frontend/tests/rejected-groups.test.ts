import { expect, test } from 'vitest';
import { groupRejected, namesOf } from '../src/stores/rejected-groups';
import type { OutboxEntry } from '../src/sync/outbox';

function rejected(list: string, label: string, reason: string): OutboxEntry {
  return {
    op: `${list}-${label}-${reason}`,
    edit: { type: 'remove', list, item: label },
    label,
    createdAt: 0,
    state: 'rejected',
    version: null,
    changeVersion: null,
    acknowledgedAt: null,
    reason,
  };
}

test('OFF-15 three edits of one list with one reason are one group', () => {
  const gone = ['Milk', 'Bread', 'Milk', 'Eggs'].map((name) => rejected('a', name, 'Not found.'));
  const other = rejected('b', 'Nails', 'Not found.');
  const full = rejected('a', 'Rice', 'The list is full.');
  const groups = groupRejected([...gone.slice(0, 2), other, ...gone.slice(2), full]);
  expect(groups).toEqual([gone, [other], [full]]);
  expect(namesOf(gone)).toBe('Milk, Bread, Eggs');
});

test('two edits stay apart, because each can be tried again alone', () => {
  const edits = [rejected('a', 'Milk', 'Not found.'), rejected('a', 'Bread', 'Not found.')];
  expect(groupRejected(edits)).toEqual(edits.map((edit) => [edit]));
});
