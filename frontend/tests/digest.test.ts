import vectors from '../../tests/vectors/digest.json';
import { describe, expect, it } from 'vitest';
import type { ItemRow, ListRow } from '../src/protocol/frames';
import { digestAfter, digestOf, EMPTY_DIGEST, itemHash, listHash } from '../src/sync/digest';
import { item, listRow } from './fake/rows';

interface Vector {
  case: string;
  list: ListRow;
  items: ItemRow[] | { first: ItemRow; count: number };
  digest: string;
}

const cases = vectors.cases as Vector[];

/** Many items are described by the first one and their number. */
function itemsOf({ items }: Vector): ItemRow[] {
  if (Array.isArray(items)) return items;
  return Array.from({ length: items.count }, (_, index) => ({
    ...items.first,
    id: `00000000-0000-0000-0000-${(index + 1).toString(16).padStart(12, '0')}`,
    name: `Item ${index + 1}`,
    version: index + 1,
    position: `V${String(index + 1).padStart(4, '0')}`,
  }));
}

describe('the digest of a list', () => {
  it.each(cases)('equals that of the server: $case', (vector) => {
    const items = itemsOf(vector);
    expect(digestOf(vector.list, items)).toBe(vector.digest);
    expect(digestOf(vector.list, items.toReversed())).toBe(vector.digest);
  });

  it('ignores the last interaction and the names of users', () => {
    const ben = { id: 3, name: 'Ben' };
    expect(
      listHash(
        listRow('one', {
          last_interaction: '2027-01-01T00:00:00Z',
          created_by: ben,
          members: [{ ...ben, role: 'owner' }],
        }),
      ),
    ).toEqual(listHash(listRow('one')));
    expect(itemHash(item('milk', { created_by: ben, purchased_by: ben }))).toEqual(
      itemHash(item('milk', { purchased_by: { id: 3, name: 'Ana' } })),
    );
  });

  it('is the sum of the hashes modulo 2^64', () => {
    const largest = { high: 2 ** 32 - 1, low: 2 ** 32 - 1 };
    const smallest = { high: 0, low: 1 };
    expect(digestAfter(EMPTY_DIGEST, [], [largest])).toBe('f'.repeat(16));
    expect(digestAfter(EMPTY_DIGEST, [], [largest, smallest])).toBe(EMPTY_DIGEST);
    expect(digestAfter(EMPTY_DIGEST, [smallest], [])).toBe('f'.repeat(16));
    const many = Array.from({ length: 10_000 }, () => largest);
    expect(digestAfter('00000000000000ff', many, many)).toBe('00000000000000ff');
    expect(digestAfter('0000000000000000', [], many)).toBe('ffffffffffffd8f0');
  });
});
