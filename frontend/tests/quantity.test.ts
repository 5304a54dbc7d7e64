import names from '../../tests/vectors/names.json';
import vectors from '../../tests/vectors/quantity.json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine, readingsOf } from '../src/stores/quantity';
import { ONE_ONLY, PROPERTIES, SYMBOLS, WORDS } from '../src/stores/units';
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
  properties: string[];
  cases: Case[];
}

// The same vectors hold the server's parser.
const VECTORS: Vectors = vectors;
const sorted = (all: Iterable<string>): string[] => [...all].sort();
const isUnknown = (): boolean => false;

describe('a typed line', () => {
  it.each(VECTORS.cases)('QTY-1, QTY-2, QTY-3, QTY-9 is parsed: $text', (vector) => {
    const parsed = parseLine(vector.text, (key) => vector.known?.includes(key) ?? false);
    expect(parsed).toEqual({ name: vector.name, quantity: vector.quantity, note: vector.note });
  });

  it('QTY-4 can have the units that the server knows', () => {
    expect(sorted(SYMBOLS)).toEqual(sorted(VECTORS.symbols));
    expect(sorted(WORDS)).toEqual(sorted(VECTORS.words));
    expect(sorted(ONE_ONLY)).toEqual(sorted(VECTORS.one_only));
    expect(sorted(PROPERTIES)).toEqual(sorted(VECTORS.properties));
  });

  it('QTY-5 is not split when a part would have too many characters', () => {
    const note = '\u{1f95b}'.repeat(1000);
    expect(parseLine(`milk, ${note}`, isUnknown)).toEqual({ name: 'milk', quantity: '', note });
    expect(parseLine(`milk, ${note}x`, isUnknown).name).toBe(`milk, ${note}x`);
    expect(parseLine(`2 l${' '.repeat(48)}of milk`, isUnknown).quantity).toBe('');
  });

  it('QTY-3 needs no known names when it has one reading', () => {
    const fail = (): never => {
      throw new Error('a known name was requested');
    };
    expect(parseLine('oat milk', fail).name).toBe('oat milk');
    expect(readingsOf('2 l milk, oat')).toHaveLength(4);
  });

  it('QTY-7 has a name that is not split again', () => {
    for (const { text } of VECTORS.cases) {
      const { name, quantity } = parseLine(text, isUnknown);
      if (quantity !== '') expect(parseLine(name, isUnknown).quantity).toBe('');
    }
  });

  it('can have all digits and white space that the server accepts', () => {
    expect(parseLine('٢ l milk', isUnknown).quantity).toBe('٢ l');
    expect(parseLine('2\u3000l\u2009milk', isUnknown)).toMatchObject({ name: 'milk' });
    expect(parseLine('\ufeff2 l milk', isUnknown).quantity).toBe('');
  });
});

describe('the key of a name', () => {
  it.each([
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁg', 'FIG'],
    ['ẞ', 'ss'],
    ['oat  milk', ' Oat\u3000Milk '],
    ['Ⅷ', 'viii'],
  ])('ROW-5 is equal for %s and %s', (a, b) => {
    expect(nameKey(a)).toBe(nameKey(b));
  });

  // The same vectors hold the server's key.
  it.each(names)('ROW-5 is $key for $name', ({ name, key }) => {
    expect(nameKey(name)).toBe(key);
  });

  it('ROW-5 is the same for a plain name with and without an invisible character', () => {
    const plainText = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(plainText, (name) => {
        expect(nameKey(name)).toBe(nameKey(`${name}\u200b`));
      }),
    );
  });

  it('ROW-5 differs for a dotless i', () => {
    expect(nameKey('kır')).not.toBe(nameKey('kir'));
  });
});
