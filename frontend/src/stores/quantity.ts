import { nameKey } from '../sync/edit';
import { ONE_ONLY, SYMBOLS, WORDS } from './units';

// A port of the server's parser. tests/vectors/quantity.json tests both. The patterns follow
// Python, which knows more digits, letters and white space than JavaScript.

const MAX_QUANTITY_LENGTH = 50;
const MAX_NOTE_LENGTH = 1000;

const HALVES = '¼-¾⅐-⅞';
const DIGIT = '\\p{Nd}';
const SPACE =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const OTHER = SPACE.replace('[', '[^');
const LETTER = '[\\p{L}\\p{Nl}\\p{No}]';
const NUMBER =
  `(?:${DIGIT}{1,4}${SPACE}${DIGIT}{1,2}[/\u2044]${DIGIT}{1,2}|${DIGIT}{1,4}[/\u2044]${DIGIT}{1,4}` +
  `|${DIGIT}{1,6}(?:[.,]${DIGIT}{1,3})?(?:${SPACE}?[${HALVES}])?|[${HALVES}])`;
const AMOUNT = `(?!0${DIGIT})${NUMBER}(?:${SPACE}?[-\u2013]${SPACE}?${NUMBER})?`;
const MULTIPLIER = `(?:${SPACE}?(?:x(?!${LETTER})|\u00d7)|X(?!${LETTER}))`;
const OF = `(?:${SPACE}+(?:of|de|di)${SPACE}+|${SPACE}+d['\u2019]|${SPACE}+)`;
const NAME = `(?<name>${OTHER}.*)`;

const anchored = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, 'su');
const MEASURED = anchored(
  `(?:${AMOUNT}${MULTIPLIER}${SPACE}?)?(?<amount>${AMOUNT})(?<joint>-|${SPACE}|)` +
    `(?<unit>fl\\.?${SPACE}?oz|${LETTER}+)\\.?${OF}${NAME}`,
);
const MULTIPLIED = anchored(`${AMOUNT}${MULTIPLIER}${SPACE}*${NAME}`);
const BARE_NUMBER = anchored(`(?!${DIGIT}{4})${AMOUNT}${SPACE}+${NAME}`);
const MULTIPLIED_AT_END = new RegExp(
  `${SPACE}(?<quantity>${DIGIT}{1,3}(?:${SPACE}?[x\u00d7]|X)|[x\u00d7]${SPACE}?${DIGIT}{1,3}|X${DIGIT}{1,3})$`,
  'u',
);
const NOTE_SEPARATOR = new RegExp(`${OTHER},${SPACE}`, 'u');
const AT_MOST_ONE = anchored(`1|0[.,]${DIGIT}+|${DIGIT}[/\u2044]${DIGIT}|[${HALVES}]`);
const TWO_IN_ONE = new RegExp(`^${LETTER}{1,3}${SPACE}?${DIGIT}`, 'u');
const FLUID_OUNCE = new RegExp(`fl\\.?${SPACE}?oz`, 'gu');
const LEADING_SPACE = new RegExp(`^${SPACE}+`, 'u');
const NAME_START = /^[\p{L}\p{So}]/u;

/** The parts of a line. */
export interface ParsedLine {
  name: string;
  quantity: string;
  note: string;
}

/**
 * Parse a line. `isKnownName` returns whether a name with this key was used before.
 *
 * The readings of the line are ordered from the fewest parts to the most. The first reading
 * with a known name is right; without one, the last. Only a blank text has a blank name.
 * A part that would be too long is not split off.
 */
export function parseLine(text: string, isKnownName: (key: string) => boolean): ParsedLine {
  const readings = readingsOf(text);
  const match =
    readings.length > 1 ? readings.find(({ name }) => isKnownName(nameKey(name))) : undefined;
  return match ?? readings.at(-1) ?? { name: text, quantity: '', note: '' };
}

/** All readings of a line, ordered from the fewest parts to the most. */
export function readingsOf(text: string): ParsedLine[] {
  const line = trim(text) || text;
  const readings = [{ name: line, quantity: '', note: '' }, ...withQuantityReadings(line, '')];
  const comma = NOTE_SEPARATOR.exec(line);
  if (!comma) return readings;
  // The comma and the white space are one code unit each, the character before them may be two.
  const at = comma.index + comma[0].length - 2;
  const [head, note] = [line.slice(0, at), trim(line.slice(at + 1))];
  if (lengthOf(note) > MAX_NOTE_LENGTH) return readings;
  return [...readings, { name: head, quantity: '', note }, ...withQuantityReadings(head, note)];
}

/** The reading with a quantity. None if it is ambiguous, because the name could be split again. */
function withQuantityReadings(text: string, note: string): ParsedLine[] {
  const parts = splitQuantity(text);
  if (!parts || lengthOf(parts[0]) > MAX_QUANTITY_LENGTH || splitQuantity(parts[1])) return [];
  return [{ quantity: parts[0], name: parts[1], note }];
}

/** The quantity and the name. */
type Parts = readonly [string, string];

function splitQuantity(text: string): Parts | null {
  return (
    splitMeasured(text) ??
    splitMultiplied(text) ??
    splitBareNumber(text) ??
    splitMultipliedAtEnd(text)
  );
}

function splitMeasured(text: string): Parts | null {
  const groups = MEASURED.exec(text)?.groups;
  if (!groups) return null;
  const { amount = '', joint, unit: word = '', name = '' } = groups;
  const unit = toLower(word).replace(FLUID_OUNCE, 'fl oz');
  const isSingular = ONE_ONLY.has(unit) && (joint === '-' || AT_MOST_ONE.test(amount));
  return SYMBOLS.has(unit) || WORDS.has(unit) || isSingular ? splitAt(text, name) : null;
}

function splitMultiplied(text: string): Parts | null {
  const name = MULTIPLIED.exec(text)?.groups?.['name'] ?? '';
  return NAME_START.test(name) ? splitAt(text, name) : null;
}

/** Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo` or `1,5 kg`. */
function splitBareNumber(text: string): Parts | null {
  const name = BARE_NUMBER.exec(text)?.groups?.['name'] ?? '';
  if (!NAME_START.test(name)) return null;
  const isOnlyUnit = SYMBOLS.has(toLower(name).replace(/[.,]+$/, ''));
  return isOnlyUnit || TWO_IN_ONE.test(name) ? null : splitAt(text, name);
}

function splitMultipliedAtEnd(text: string): Parts | null {
  const match = MULTIPLIED_AT_END.exec(text);
  const name = match ? trim(text.slice(0, match.index)) : '';
  return match && name !== '' ? [match.groups?.['quantity'] ?? '', name] : null;
}

/** Split off the name at the end of the text. */
function splitAt(text: string, name: string): Parts {
  return [trim(text.slice(0, text.length - name.length)), name];
}

const toLower = (text: string): string => text.toLowerCase();

const lengthOf = (text: string): number => Array.from(text).length;

function trim(text: string): string {
  const start = LEADING_SPACE.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && LEADING_SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
