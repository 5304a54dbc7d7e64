import { expect, it } from 'vitest';
import { removalNotice } from '../src/stores/removal-notice';
import { AT } from './fake/rows';

it('PAG-42 says who removed the user from which list, and nothing about other losses', () => {
  const names = new Map([['one', 'Groceries']]);
  const by = { id: 4, name: 'Ben' };
  const left = { kind: 'left', list: 'one', by, at: AT } as const;
  expect(removalNotice(left, names)).toMatch(/^Ben removed you from Groceries at \d/);
  expect(removalNotice({ ...left, by: null, at: null }, names)).toBeNull();
  expect(removalNotice({ ...left, list: 'two' }, names)).toBeNull();
});
