import vectors from '../../tests/vectors/item_merge.json';
import { describe, expect, it } from 'vitest';
import { mergeDetails, putBackDetails, type Detail, type Details } from '../src/sync/item-merge';

type Text = string | string[] | { repeat: string; times: number; then?: string };

interface Case {
  claim: string;
  bought?: boolean;
  current: Partial<Record<Detail, Text>>;
  new: Partial<Record<Detail, Text>>;
  changes?: Partial<Record<Detail, Text>>;
  too_long?: Detail;
}

// The same vectors hold the server's rules.
const CASES = (vectors as { cases: Case[] }).cases;

const textOf = (text: Text): string | string[] =>
  typeof text === 'string' || Array.isArray(text)
    ? text
    : text.repeat.repeat(text.times) + (text.then ?? '');

const textsOf = (fields: Partial<Record<Detail, Text>>): Partial<Details> =>
  Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, textOf(text)]));

describe('an added item with the name of another', () => {
  it.each(CASES)('API-41, API-43 is merged: $claim', (vector) => {
    const current = { quantity: '', note: '', category: '', ...textsOf(vector.current) };
    const added = textsOf(vector.new);
    if (vector.bought) {
      expect(putBackDetails(current, added)).toEqual(textsOf(vector.changes ?? {}));
    } else {
      const expected = vector.too_long
        ? { tooLong: vector.too_long }
        : { changes: textsOf(vector.changes ?? {}) };
      expect(mergeDetails(current, added)).toEqual(expected);
    }
  });
});
