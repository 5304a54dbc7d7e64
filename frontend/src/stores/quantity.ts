import { folded } from '../sync/edit';
import { ONE_ONLY, SYMBOLS, WORDS } from './units';

// A port of shopping_list/quantity.py; tests/vectors/quantity.json holds both. Its
// patterns are Python's, which knows more digits, letters and white space than JavaScript.

const LONGEST_QUANTITY = 50;
const LONGEST_NOTE = 1000;

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
const TIMES = `(?:${SPACE}?(?:x(?!${LETTER})|\u00d7)|X(?!${LETTER}))`;
const OF = `(?:${SPACE}+(?:of|de|di)${SPACE}+|${SPACE}+d['\u2019]|${SPACE}+)`;
const NAME = `(?<name>${OTHER}.*)`;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, 'su');
const MEASURED = whole(
  `(?:${AMOUNT}${TIMES}${SPACE}?)?(?<amount>${AMOUNT})(?<joint>-|${SPACE}|)` +
    `(?<unit>fl\\.?${SPACE}?oz|${LETTER}+)\\.?${OF}${NAME}`,
);
const TIMED = whole(`${AMOUNT}${TIMES}${SPACE}*${NAME}`);
const BARE = whole(`(?!${DIGIT}{4})${AMOUNT}${SPACE}+${NAME}`);
const TIMED_AT_END = new RegExp(
  `${SPACE}(?<quantity>${DIGIT}{1,3}(?:${SPACE}?[x\u00d7]|X)|[x\u00d7]${SPACE}?${DIGIT}{1,3}|X${DIGIT}{1,3})$`,
  'u',
);
const NOTE = new RegExp(`${OTHER},${SPACE}`, 'u');
const AT_MOST_ONE = whole(`1|0[.,]${DIGIT}+|${DIGIT}[/\u2044]${DIGIT}|[${HALVES}]`);
const TWO_IN_ONE = new RegExp(`^${LETTER}{1,3}${SPACE}?${DIGIT}`, 'u');
const FLUID_OUNCE = new RegExp(`fl\\.?${SPACE}?oz`, 'gu');
const BEFORE = new RegExp(`^${SPACE}+`, 'u');
const BEGINS_A_NAME = /^[\p{L}\p{So}]/u;

/** A line, taken apart. */
export interface Parsed {
  name: string;
  quantity: string;
  note: string;
}

/**
 * Take a line apart. `known` tells whether a key (`folded`) is a name used before.
 *
 * Of the ways to read the line, from the one that splits least to the one that splits
 * most, the first whose name is known is right, else the last. Only a blank text has a
 * blank name. What is too long for its part stays whole.
 */
export function parse(text: string, known: (key: string) => boolean): Parsed {
  const all = readingsOf(text);
  const right = all.length > 1 ? all.find(({ name }) => known(folded(name))) : undefined;
  return right ?? all.at(-1) ?? { name: text, quantity: '', note: '' };
}

/** The ways to read a line, from the one that splits least to the one that splits most. */
export function readingsOf(text: string): Parsed[] {
  const line = trimmed(text) || text;
  const found = [{ name: line, quantity: '', note: '' }, ...withQuantity(line, '')];
  const comma = NOTE.exec(line);
  if (!comma) return found;
  // The comma and the white space are one unit each, what stands before them may be two.
  const at = comma.index + comma[0].length - 2;
  const [head, note] = [line.slice(0, at), trimmed(line.slice(at + 1))];
  if (lengthOf(note) > LONGEST_NOTE) return found;
  return [...found, { name: head, quantity: '', note }, ...withQuantity(head, note)];
}

/** The reading with a quantity, none if in doubt: if the name would be split again. */
function withQuantity(text: string, note: string): Parsed[] {
  const parts = split(text);
  if (!parts || lengthOf(parts[0]) > LONGEST_QUANTITY || split(parts[1])) return [];
  return [{ quantity: parts[0], name: parts[1], note }];
}

/** Quantity and name. */
type Parts = readonly [string, string];

function split(text: string): Parts | null {
  return measured(text) ?? timed(text) ?? bare(text) ?? timedAtEnd(text);
}

function measured(text: string): Parts | null {
  const found = MEASURED.exec(text)?.groups;
  if (!found) return null;
  const { amount = '', joint, unit: word = '', name = '' } = found;
  const unit = lower(word).replace(FLUID_OUNCE, 'fl oz');
  const ofOne = ONE_ONLY.has(unit) && (joint === '-' || AT_MOST_ONE.test(amount));
  return SYMBOLS.has(unit) || WORDS.has(unit) || ofOne ? cut(text, name) : null;
}

function timed(text: string): Parts | null {
  const name = TIMED.exec(text)?.groups?.['name'] ?? '';
  return BEGINS_A_NAME.test(name) ? cut(text, name) : null;
}

/** Split `6 eggs`, but not `1664 Kronenbourg`, `3 in 1 shampoo` or `1,5 kg`. */
function bare(text: string): Parts | null {
  const name = BARE.exec(text)?.groups?.['name'] ?? '';
  if (!BEGINS_A_NAME.test(name)) return null;
  const alone = SYMBOLS.has(lower(name).replace(/[.,]+$/, ''));
  return alone || TWO_IN_ONE.test(name) ? null : cut(text, name);
}

function timedAtEnd(text: string): Parts | null {
  const found = TIMED_AT_END.exec(text);
  const name = found ? trimmed(text.slice(0, found.index)) : '';
  return found && name !== '' ? [found.groups?.['quantity'] ?? '', name] : null;
}

/** The name is the end of the text. */
function cut(text: string, name: string): Parts {
  return [trimmed(text.slice(0, text.length - name.length)), name];
}

const lower = (text: string): string => text.toLowerCase();

const lengthOf = (text: string): number => Array.from(text).length;

function trimmed(text: string): string {
  const start = BEFORE.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && BEFORE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
