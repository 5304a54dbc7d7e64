import vectors from '../../tests/vectors/quantity.json';
import { describe, expect, it } from 'vitest';
import { parseLine, readingsOf } from '../src/stores/quantity';
import { ONE_ONLY, SYMBOLS, WORDS } from '../src/stores/units';
import { nameKey } from '../src/sync/edit';

interface Case {
  text: string;
  known?: string[];
  name: string;
  quantity: string;
  note: string;
}

interface Vectors {
  symbols: string[];
  words: string[];
  one_only: string[];
  cases: Case[];
}

// The same vectors hold the server's parser.
const VECTORS: Vectors = vectors;
const sorted = (all: Iterable<string>): string[] => [...all].sort();
const nothing = (): boolean => false;

describe('a typed line', () => {
  it.each(VECTORS.cases)('QTY-1, QTY-2, QTY-3 is taken apart: $text', (given) => {
    const found = parseLine(given.text, (key) => given.known?.includes(key) ?? false);
    expect(found).toEqual({ name: given.name, quantity: given.quantity, note: given.note });
  });

  it('QTY-4 knows the units that the server knows', () => {
    expect(sorted(SYMBOLS)).toEqual(sorted(VECTORS.symbols));
    expect(sorted(WORDS)).toEqual(sorted(VECTORS.words));
    expect(sorted(ONE_ONLY)).toEqual(sorted(VECTORS.one_only));
  });

  it('QTY-5 stays whole where a part would be too long, in characters as people count them', () => {
    const note = '\u{1f95b}'.repeat(1000);
    expect(parseLine(`milk, ${note}`, nothing)).toEqual({ name: 'milk', quantity: '', note });
    expect(parseLine(`milk, ${note}x`, nothing).name).toBe(`milk, ${note}x`);
    expect(parseLine(`2 l${' '.repeat(48)}of milk`, nothing).quantity).toBe('');
  });

  it('QTY-3 asks for no name where there is no doubt', () => {
    const fail = (): never => {
      throw new Error('asked');
    };
    expect(parseLine('oat milk', fail).name).toBe('oat milk');
    expect(readingsOf('2 l milk, oat')).toHaveLength(4);
  });

  it('QTY-7 is a name that is not split again', () => {
    for (const { text } of VECTORS.cases) {
      const { name, quantity } = parseLine(text, nothing);
      if (quantity !== '') expect(parseLine(name, nothing).quantity).toBe('');
    }
  });

  it('is read with all digits and white space that the server knows', () => {
    expect(parseLine('٢ l milk', nothing).quantity).toBe('٢ l');
    expect(parseLine('2\u3000l\u2009milk', nothing)).toMatchObject({ name: 'milk' });
    expect(parseLine('\ufeff2 l milk', nothing).quantity).toBe('');
  });
});

describe('names', () => {
  it.each([
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁg', 'FIG'],
    ['ẞ', 'ss'],
    ['oat  milk', ' Oat\u3000Milk '],
    ['Ⅷ', 'viii'],
  ])('ROW-5 compares %s and %s as the same', (one, other) => {
    expect(nameKey(one)).toBe(nameKey(other));
  });

  it('ROW-5 tells a dotless i from another', () => {
    expect(nameKey('kır')).not.toBe(nameKey('kir'));
  });
});
