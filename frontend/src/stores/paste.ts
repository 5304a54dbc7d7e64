import type { ItemRow } from '../protocol/frames';
import { nameKey } from '../sync/edit';
import type { ParsedLine } from './quantity';

/** The most lines that the server accepts in one request. */
export const MAX_LINES = 500;
const MAX_NAME_LENGTH = 200;
const MAX_QUANTITY_LENGTH = 50;

/** One line of pasted text, as an item. */
export interface PastedLine extends ParsedLine {
  /** Whether it was ticked in the pasted text. */
  ticked: boolean;
}

/**
 * The effect of adding a line. `merged`: an open item has this name. `put back`: a bought
 * item has this name. `repeated`: an earlier line has the same name.
 */
export type LineOutcome = 'new' | 'merged' | 'put back' | 'repeated' | 'too long';

export interface PlannedLine extends PastedLine {
  outcome: LineOutcome;
}

const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const BULLET = /^(?:[-*+•‣–·]|\d{1,3}[.)])\s+/;
const CHECKBOX = /^(?:\[(?<mark>[ xX]?)\]|(?<sign>[☐☑☒✓✔✅]))\s*/u;
const SEPARATOR_ROW = /^[|\s:–-]*$/;

/**
 * Parse a text with one item per line. Bullets, numbers and checkboxes are removed.
 *
 * Columns are read as `name | quantity`, other lines as if they were typed.
 */
export function parseLines(text: string, parseLine: (line: string) => ParsedLine): PastedLine[] {
  return text
    .normalize('NFC')
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .filter((line) => !SEPARATOR_ROW.test(line))
    .map((line) => parsePastedLine(line, parseLine))
    .filter(({ name }) => name !== '');
}

function parsePastedLine(line: string, parseLine: (line: string) => ParsedLine): PastedLine {
  const content = line.trim().replace(BULLET, '');
  const checkbox = CHECKBOX.exec(content);
  const ticked = /[xX☑☒✓✔✅]/u.test(checkbox?.[0] ?? '');
  const [name = '', ...otherCells] = cellsOf(content.slice(checkbox?.[0].length ?? 0));
  if (otherCells.length === 0) return { ...parseLine(name), ticked };
  const quantity = otherCells.join(' ');
  // A text that is too long for a quantity belongs to the name.
  if (quantity.length > MAX_QUANTITY_LENGTH)
    return { name: `${name} ${quantity}`, quantity: '', note: '', ticked };
  return { name, quantity, note: '', ticked };
}

/** The cells of a table row, or the line itself. */
function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/[|\t]/)
    .map((cell) => cell.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim())
    .filter((cell) => cell !== '');
}

/** Predict what the server will do with each line. */
export function planLines(lines: readonly PastedLine[], items: readonly ItemRow[]): PlannedLine[] {
  const bought = items.filter(({ purchased }) => purchased);
  const open = items.filter(({ purchased }) => !purchased);
  const outcomes = new Map<string, LineOutcome>([
    ...bought.map(({ name }) => [nameKey(name), 'put back'] as const),
    ...open.map(({ name }) => [nameKey(name), 'merged'] as const),
  ]);
  return lines.map((line) => {
    const key = nameKey(line.name);
    if (line.name.length > MAX_NAME_LENGTH) return { ...line, outcome: 'too long' };
    const outcome = outcomes.get(key) ?? 'new';
    outcomes.set(key, 'repeated');
    return { ...line, outcome };
  });
}

/** Whether a line is selected before the user changes the selection. */
export function isSelectedByDefault({ outcome, ticked, quantity }: PlannedLine): boolean {
  if (outcome === 'merged') return quantity !== '' && !ticked;
  return (outcome === 'new' || outcome === 'put back') && !ticked;
}

/** Whether a line can be selected. */
export function canBeSent({ outcome }: PlannedLine): boolean {
  return outcome !== 'repeated' && outcome !== 'too long';
}

export const LINE_OUTCOMES: Record<LineOutcome, string> = {
  new: 'new',
  merged: 'on the list',
  'put back': 'bought before, put back',
  repeated: 'repeated',
  'too long': 'too long',
};
