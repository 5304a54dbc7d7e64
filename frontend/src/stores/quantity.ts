import { nameKey } from '../sync/edit';
import { ONE_ONLY, PROPERTIES, SYMBOLS, WORDS } from './units';

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
const MEASURED_AT_END = new RegExp(
  `${SPACE}(?<quantity>(?:${AMOUNT}${MULTIPLIER}${SPACE}?)?(?<amount>${AMOUNT})(?<joint>-|${SPACE}|)` +
    `(?<unit>fl\\.?${SPACE}?oz|${LETTER}+)\\.?)$`,
  'u',
);
/** The end of a text in front of which a number cannot be a quantity: `M6 x 20 mm`. */
const UNFINISHED = new RegExp(`(?:[-\u2013/+&*(\\[:;,.]|(?<!${LETTER})[xX\u00d7])$`, 'u');
const NOTE_SEPARATOR = new RegExp(`${OTHER},${SPACE}`, 'u');
const AT_MOST_ONE = anchored(`1|0[.,]${DIGIT}+|${DIGIT}[/\u2044]${DIGIT}|[${HALVES}]`);
const TWO_IN_ONE = new RegExp(`^${LETTER}{1,3}(?:${SPACE}|-)?${DIGIT}`, 'u');
const SHORT_WORD = new RegExp(`^[A-Za-z\u00c0-\u024f]{1,2}(?!${LETTER}|['\u2019-])`, 'u');
const FIRST_WORD = new RegExp(`^${LETTER}+`, 'u');
const FRACTION = /^(\d+)[/\u2044](\d+)$/;
const ONLY_AMOUNT = anchored(
  `(?!${DIGIT}{4})(?:${AMOUNT}${MULTIPLIER}${SPACE}?)?${AMOUNT}` +
    `(?:${MULTIPLIER}|(?:-|${SPACE})?(?<unit>fl\\.?${SPACE}?oz|${LETTER}+)\\.?)?`,
);
const BRACKETED = anchored(
  `\\[${SPACE}?(?<quantity>[^\\[\\]]{1,${MAX_QUANTITY_LENGTH}})\\]${SPACE}*${NAME}`,
);
const FLUID_OUNCE = new RegExp(`fl\\.?${SPACE}?oz`, 'gu');
const LEADING_SPACE = new RegExp(`^${SPACE}+`, 'u');
const NAME_START = /^[\p{L}\p{So}]/u;
const NAME_CHARACTER = /[\p{L}\p{So}]/u;

/** The parts of a line. */
export interface ParsedLine {
  name: string;
  quantity: string;
  note: string;
}

/** A way to read a line. One that is in doubt is right only if its name is known. */
interface Reading extends ParsedLine {
  isCertain: boolean;
}

/**
 * Parse a line. `isKnownName` returns whether a name with this key was used before.
 *
 * The readings of the line are ordered from the fewest parts to the most. The first reading
 * with a known name is right; without one, the last that is certain. Only a blank text has a
 * blank name. A part that would be too long is not split off.
 */
export function parseLine(text: string, isKnownName: (key: string) => boolean): ParsedLine {
  const readings = readingsOf(text);
  const match =
    readings.length > 1 ? readings.find(({ name }) => isKnownName(nameKey(name))) : undefined;
  const { name, quantity, note } = match ??
    readings.findLast(({ isCertain }) => isCertain) ?? { name: text, quantity: '', note: '' };
  return { name, quantity, note };
}

/** All readings of a line, ordered from the fewest parts to the most. */
export function readingsOf(text: string): Reading[] {
  const line = trim(text) || text;
  const readings = [reading(line, '', ''), ...withQuantityReadings(line, '')];
  const [head, note] = splitNote(line);
  if (note === '') return readings;
  if (!NAME_CHARACTER.test(head) || isAmount(head))
    return [...readings, ...withAmountReadings(head, note)];
  return [...readings, reading(head, '', note), ...withQuantityReadings(head, note)];
}

function reading(name: string, quantity: string, note: string, isCertain = true): Reading {
  return { name, quantity, note, isCertain };
}

/** The texts before and after the first comma. Without a note, the text and nothing. */
function splitNote(text: string): [string, string] {
  const comma = NOTE_SEPARATOR.exec(text);
  if (!comma) return [text, ''];
  // The comma and the white space are one code unit each, the character before them may be two.
  const at = comma.index + comma[0].length - 2;
  const note = trim(text.slice(at + 1));
  return lengthOf(note) > MAX_NOTE_LENGTH ? [text, ''] : [text.slice(0, at), note];
}

/** The readings of `10, apples` and `10, apples, red`. None if it is ambiguous. */
function withAmountReadings(amount: string, text: string): Reading[] {
  if (!isAmount(amount) || !NAME_CHARACTER.test(text) || splitQuantity(text)) return [];
  const [head, note] = splitNote(text);
  const isNamed = NAME_CHARACTER.test(head) && !isAmount(head) && !splitQuantity(head);
  const whole = reading(text, amount, '');
  return note !== '' && isNamed ? [whole, reading(head, amount, note)] : [whole];
}

/** The reading with a quantity. None if it is ambiguous, because the name could be split again. */
function withQuantityReadings(text: string, note: string): Reading[] {
  const split = splitQuantity(text);
  if (!split || lengthOf(split.quantity) > MAX_QUANTITY_LENGTH || splitQuantity(split.name))
    return [];
  return [{ ...split, note }];
}

/** The quantity and the name. */
type Split = Omit<Reading, 'note'>;

function splitQuantity(text: string): Split | null {
  return (
    splitBracketed(text) ??
    splitMeasured(text) ??
    splitMultiplied(text) ??
    splitBareNumber(text) ??
    splitMultipliedAtEnd(text) ??
    splitMeasuredAtEnd(text)
  );
}

/** Split `[ 2 ] apples`. */
function splitBracketed(text: string): Split | null {
  const groups = BRACKETED.exec(text)?.groups;
  const quantity = trim(groups?.['quantity'] ?? '');
  const name = groups?.['name'] ?? '';
  if (!isAmount(quantity) || !NAME_CHARACTER.test(name)) return null;
  return { quantity, name, isCertain: true };
}

function splitMeasured(text: string): Split | null {
  const groups = MEASURED.exec(text)?.groups;
  const name = groups?.['name'] ?? '';
  if (!groups || !NAME_CHARACTER.test(name) || !hasUnit(groups)) return null;
  return splitAt(text, name);
}

/** Whether the word behind an amount is a unit. */
function hasUnit({ amount = '', joint, unit: word = '' }: Record<string, string>): boolean {
  const unit = toLower(word).replace(FLUID_OUNCE, 'fl oz');
  const isSingular = ONE_ONLY.has(unit) && (joint === '-' || AT_MOST_ONE.test(amount));
  return SYMBOLS.has(unit) || WORDS.has(unit) || isSingular;
}

function splitMultiplied(text: string): Split | null {
  const name = MULTIPLIED.exec(text)?.groups?.['name'] ?? '';
  return NAME_START.test(name) ? splitAt(text, name) : null;
}

/**
 * Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo`, `50/50 mince` or `1,5 kg`.
 *
 * It is in doubt whether the number of `9 V battery` or `7 Up` is a quantity.
 */
function splitBareNumber(text: string): Split | null {
  const name = BARE_NUMBER.exec(text)?.groups?.['name'] ?? '';
  if (!NAME_START.test(name)) return null;
  const split = splitAt(text, name);
  const isOnlyUnit = SYMBOLS.has(toLower(name).replace(/[.,]+$/, ''));
  if (isOnlyUnit || TWO_IN_ONE.test(name) || isRatio(split.quantity)) return null;
  return { ...split, isCertain: !continuesNumber(name) };
}

function splitMultipliedAtEnd(text: string): Split | null {
  const match = MULTIPLIED_AT_END.exec(text);
  const name = match ? trim(text.slice(0, match.index)) : '';
  if (!match || !NAME_CHARACTER.test(name)) return null;
  return { quantity: match.groups?.['quantity'] ?? '', name, isCertain: true };
}

/** Split `butter 250 g`, but not `eggs 10` or `flour 405`. */
function splitMeasuredAtEnd(text: string): Split | null {
  const tail = Array.from(text)
    .slice(-MAX_QUANTITY_LENGTH - 1)
    .join('');
  const match = MEASURED_AT_END.exec(tail);
  if (!match?.groups || !hasUnit(match.groups)) return null;
  const name = trim(text.slice(0, text.length - tail.length + match.index));
  if (!NAME_CHARACTER.test(name) || UNFINISHED.test(name)) return null;
  return { quantity: match.groups['quantity'] ?? '', name, isCertain: true };
}

/** Split off the name at the end of the text. */
function splitAt(text: string, name: string): Split {
  const quantity = trim(text.slice(0, text.length - name.length));
  return { quantity, name, isCertain: true };
}

/** Whether a text is only a number, or a number and the symbol of a unit. */
function isAmount(text: string): boolean {
  const match = ONLY_AMOUNT.exec(text);
  const unit = match?.groups?.['unit'];
  return unit === undefined
    ? match !== null
    : SYMBOLS.has(toLower(unit).replace(FLUID_OUNCE, 'fl oz'));
}

function isRatio(quantity: string): boolean {
  const [, above, below] = FRACTION.exec(quantity) ?? [];
  return above !== undefined && Number(above) >= Number(below);
}

/** Whether the first word of a name may say of what the number in front of it is. */
function continuesNumber(name: string): boolean {
  const word = FIRST_WORD.exec(name)?.[0] ?? '';
  return PROPERTIES.has(toLower(word)) || SHORT_WORD.test(name);
}

const toLower = (text: string): string => text.toLowerCase();

const lengthOf = (text: string): number => Array.from(text).length;

function trim(text: string): string {
  const start = LEADING_SPACE.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && LEADING_SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
