// A port of the server's rules. tests/vectors/lines.json tests both.

/** Word and chats write other line breaks than editors. */
export const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

const MAX_QUANTITY_LENGTH = 50;
/** White space and invisible signs. */
// eslint-disable-next-line no-control-regex -- Python's \s has these separators, too.
const EDGE = /[\s\x1c-\x1f\x85\u200b-\u200f\u2060\ufeff]/;
const SENDER =
  /^\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[AaPp]\.?[Mm]\.?)?\]?(?:\s[-\u2013])?\s[^:]{1,60}:\s/;
const BULLET =
  /^(?:[\u2022\u25e6\u2023\u2043\u25cf\u25cb\u25aa\u25ab\u25a0\uf0b7\uf0a7]\s*|(?:[-*+\u2013\u2014\u00b7]|\d{1,3}[.)])\s+|[o\u00a7]\t\s*)/;
const BOX =
  /^(?:\[(?<mark>[ xX]?)\]|(?<sign>[\u2610\u2611\u2612\u25a1\u2b1c\u2713\u2714\u2705]))\s*/;
const TICKED = /[xX\u2611\u2612\u2713\u2714\u2705]/;
const SEPARATOR_ROW = /^[|\s:\u2013-]*$/;
const NUMBER_START = /^[\p{Nd}\u00bc-\u00be\u2150-\u215e]/u;
const LETTER = /\p{L}/u;

/** A line without its marks, and whether they say that the item is bought. */
export interface MarkedLine {
  text: string;
  isTicked: boolean;
}

/** The columns of a line, as the parts of an item. */
export interface Cells {
  name: string;
  quantity: string;
  note: string;
}

/** Remove the sender of a chat message, the bullet or number, and the box of a line. */
export function stripMarks(line: string): MarkedLine {
  const content = trimEdges(trimEdges(line).replace(SENDER, '')).replace(BULLET, '');
  const box = BOX.exec(content);
  if (!box) return { text: content, isTicked: false };
  return { text: content.slice(box[0].length), isTicked: TICKED.test(box[0]) };
}

/** Whether a line has only the signs that draw a table or a rule. */
export function isSeparator(line: string): boolean {
  return SEPARATOR_ROW.test(line);
}

/**
 * The columns of `Milk | 2 l`. Null if there is only one.
 *
 * The first cell with a letter that does not start with a number is the name, the first
 * other one that starts with a number is the quantity, and the rest is the note.
 */
export function splitCells(text: string): Cells | null {
  const cells = text
    .split(/[|\t]/)
    .map((cell) => trimEdges(cell))
    .filter((cell) => cell !== '');
  if (cells.length < 2) return null;
  const [name = ''] = cells.splice(Math.max(cells.findIndex(isName), 0), 1);
  const index = cells.findIndex(isQuantity);
  const [quantity = ''] = index < 0 ? [] : cells.splice(index, 1);
  return { name, quantity, note: cells.join(', ') };
}

function isName(cell: string): boolean {
  return LETTER.test(cell) && !NUMBER_START.test(cell);
}

function isQuantity(cell: string): boolean {
  return NUMBER_START.test(cell) && Array.from(cell).length <= MAX_QUANTITY_LENGTH;
}

function trimEdges(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && EDGE.test(text.charAt(start))) start += 1;
  while (end > start && EDGE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
