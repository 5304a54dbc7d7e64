import type { ItemRow } from '../protocol/types';
import { folded } from '../sync/edit';
import type { Parsed } from './quantity';

/** What the server takes at once. */
export const MOST = 500;
const LONGEST_NAME = 200;
const LONGEST_QUANTITY = 50;

/** One line of pasted text, as an item. */
export interface Pasted extends Parsed {
  /** It was ticked off where it came from. */
  ticked: boolean;
}

/**
 * What adding a line will do: make a new item, nothing much as it is there,
 * put a bought one back. `repeated`: an earlier line says the same.
 */
export type Fate = 'new' | 'merged' | 'put back' | 'repeated' | 'too long';

export interface Planned extends Pasted {
  fate: Fate;
}

const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const BULLET = /^(?:[-*+•‣–·]|\d{1,3}[.)])\s+/;
const BOX = /^(?:\[(?<mark>[ xX]?)\]|(?<sign>[☐☑☒✓✔✅]))\s*/u;
const RULE = /^[|\s:–-]*$/;

/**
 * The items of a text: one a line, without bullets, numbers and boxes; `name | quantity` too.
 *
 * What is in no columns is read as if it was typed.
 */
export function linesOf(text: string, read: (line: string) => Parsed): Pasted[] {
  return text
    .normalize('NFC')
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .filter((line) => !RULE.test(line))
    .map((line) => pastedFrom(line, read))
    .filter(({ name }) => name !== '');
}

function pastedFrom(line: string, read: (line: string) => Parsed): Pasted {
  const bare = line.trim().replace(BULLET, '');
  const box = BOX.exec(bare);
  const ticked = /[xX☑☒✓✔✅]/u.test(box?.[0] ?? '');
  const [name = '', ...more] = cellsOf(bare.slice(box?.[0].length ?? 0));
  if (more.length === 0) return { ...read(name), ticked };
  const quantity = more.join(' ');
  // A quantity that is too long is no quantity.
  if (quantity.length > LONGEST_QUANTITY)
    return { name: `${name} ${quantity}`, quantity: '', note: '', ticked };
  return { name, quantity, note: '', ticked };
}

/** The cells of a row of a table, or the line itself. */
function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/[|\t]/)
    .map((cell) => cell.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim())
    .filter((cell) => cell !== '');
}

/** What the server will do with each line, as far as this page knows the list. */
export function planOf(lines: readonly Pasted[], items: readonly ItemRow[]): Planned[] {
  const bought = items.filter(({ purchased }) => purchased);
  const open = items.filter(({ purchased }) => !purchased);
  const there = new Map<string, Fate>([
    ...bought.map(({ name }) => [folded(name), 'put back'] as const),
    ...open.map(({ name }) => [folded(name), 'merged'] as const),
  ]);
  return lines.map((line) => {
    const key = folded(line.name);
    if (line.name.length > LONGEST_NAME) return { ...line, fate: 'too long' };
    const fate = there.get(key) ?? 'new';
    there.set(key, 'repeated');
    return { ...line, fate };
  });
}

/** Whether a line is worth sending unless the person says otherwise. */
export function isWanted({ fate, ticked, quantity }: Planned): boolean {
  if (fate === 'merged') return quantity !== '' && !ticked;
  return (fate === 'new' || fate === 'put back') && !ticked;
}

/** Whether a line can be sent at all. */
export function canBeSent({ fate }: Planned): boolean {
  return fate !== 'repeated' && fate !== 'too long';
}

export const FATES: Record<Fate, string> = {
  new: 'new',
  merged: 'on the list',
  'put back': 'bought before, put back',
  repeated: 'twice in the text',
  'too long': 'too long',
};
