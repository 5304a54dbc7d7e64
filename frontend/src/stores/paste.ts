import * as m from '#messages';
import type { ItemRow } from '../protocol/frames';
import { nameKey } from '../sync/edit';
import { mergeDetails, putBackDetails, type Detail, type Details } from '../sync/item-merge';
import { byClaim } from '../sync/optimistic-view';
import { isSeparator, LINE_BREAK, splitCells, stripMarks } from './line-marks';
import { mergeText } from './merge-text';
import type { ParsedLine } from './quantity';

/** The most lines that the server accepts in one request. */
export const MAX_LINES = 500;
const MAX_NAME_LENGTH = 200;
/** One line of pasted text, as an item. */
export interface PastedLine extends ParsedLine {
  /** Whether it was ticked in the pasted text. */
  ticked: boolean;
}

/**
 * The effect of adding a line. `merged`: it changes an open item of this name. `unchanged`:
 * that item has all of the line already. `put back`: a bought item has this name. `repeated`:
 * an earlier line has the same text. `conflict`: the texts do not fit together.
 */
export type LineOutcome =
  'new' | 'merged' | 'unchanged' | 'put back' | 'repeated' | 'conflict' | 'too long';

export interface PlannedLine extends PastedLine {
  outcome: LineOutcome;
  /** The fields of the open item that the line changes. */
  changed: readonly Detail[];
}

/** An item as the lines before have left it. */
interface PlannedItem extends Details {
  origin: 'open' | 'bought' | 'added';
}

const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const MAX_NOTE_LENGTH = 1000;

/**
 * Parse a text with one item per line. Bullets, numbers, checkboxes and the senders of chat
 * messages are removed. Columns are the parts of an item, other lines are read as if typed.
 */
export function parseLines(text: string, parseLine: (line: string) => ParsedLine): PastedLine[] {
  return text
    .normalize('NFC')
    .split(LINE_BREAK)
    .filter((line) => !isSeparator(line))
    .map((line) => parsePastedLine(line, parseLine))
    .filter(({ name }) => name !== '');
}

function parsePastedLine(line: string, parseLine: (line: string) => ParsedLine): PastedLine {
  const { text, isTicked: ticked } = stripMarks(line);
  const cells = splitCells(text);
  if (cells && cells.note.length <= MAX_NOTE_LENGTH) {
    const [name, quantity, note] = [cells.name, cells.quantity, cells.note].map(cleanText);
    return { name: name ?? '', quantity: quantity ?? '', note: note ?? '', ticked };
  }
  return { ...parseLine(cleanText(text.replace(/^\||\|$/g, ''))), ticked };
}

function cleanText(text: string): string {
  return text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
}

/** Predict what the server will do with each line, if the lines before are added too. */
export function planLines(lines: readonly PastedLine[], items: readonly ItemRow[]): PlannedLine[] {
  const planned = new Map<string, PlannedItem>();
  for (const { name, quantity, note, category, purchased } of [...items].sort(byClaim)) {
    const origin = purchased ? 'bought' : 'open';
    planned.set(nameKey(name), { quantity, note, category, origin });
  }
  return lines.map((line) => ({ ...line, ...planLine(line, planned) }));
}

function planLine(
  line: PastedLine,
  planned: Map<string, PlannedItem>,
): Pick<PlannedLine, 'outcome' | 'changed'> {
  if (line.name.length > MAX_NAME_LENGTH) return { outcome: 'too long', changed: [] };
  const key = nameKey(line.name);
  const item = planned.get(key);
  const { quantity, note } = line;
  if (!item || item.origin === 'bought') {
    const empty: Details = { quantity: '', note: '', category: '' };
    const details = item
      ? { ...item, ...putBackDetails(item, line) }
      : { ...empty, quantity, note };
    planned.set(key, { ...details, origin: 'added' });
    return { outcome: item ? 'put back' : 'new', changed: [] };
  }
  const merge = mergeDetails(item, { quantity, note });
  if ('tooLong' in merge) return { outcome: 'conflict', changed: [] };
  planned.set(key, { ...item, ...merge.changes });
  const changed = Object.keys(merge.changes) as Detail[];
  const unchanged = item.origin === 'added' ? 'repeated' : 'unchanged';
  return { outcome: changed.length > 0 ? 'merged' : unchanged, changed };
}

/** Whether a line is selected before the user changes the selection: if it changes something. */
export function isSelectedByDefault({ outcome, ticked }: PlannedLine): boolean {
  return ['new', 'merged', 'put back'].includes(outcome) && !ticked;
}

/** Whether a line can be selected. */
export function canBeSent({ outcome }: PlannedLine): boolean {
  return outcome !== 'conflict' && outcome !== 'too long';
}

/** The effect of a line in words. */
export function lineOutcomeText({ outcome, changed }: PlannedLine): string {
  switch (outcome) {
    case 'merged':
    case 'unchanged':
      return mergeText(changed);
    case 'put back':
      return m.line_put_back();
    case 'conflict':
      return m.line_conflict();
    case 'repeated':
      return m.line_repeated();
    case 'too long':
      return m.line_too_long();
    case 'new':
      return m.line_new();
  }
}
