import { describe, expect, it } from 'vitest';
import { isMultiline } from '../src/stores/multiline';
import { parseLine } from '../src/stores/quantity';
import {
  canBeSent,
  isSelectedByDefault,
  lineOutcomeText,
  parseLines,
  planLines,
} from '../src/stores/paste';
import { splitCells, stripMarks } from '../src/stores/line-marks';
import vectors from '../../tests/vectors/lines.json';
import { item } from './fake/rows';

interface LineVectors {
  marks: { line: string; text: string; ticked?: boolean }[];
  cells: { text: string; name: string | null; quantity?: string; note?: string }[];
}

// The same vectors hold the server's rules.
const LINES: LineVectors = vectors;

const parse = (line: string) => parseLine(line, (key) => key === '7 up');

const namesOf = (text: string): string[] => parseLines(text, parse).map(({ name }) => name);
const outcomesOf = (text: string, ...there: ReturnType<typeof item>[]): string[] =>
  planLines(parseLines(text, parse), there).map(({ outcome }) => outcome);

describe('pasted lines', () => {
  it('are multiline only with two lines that are not blank', () => {
    expect(isMultiline('milk')).toBe(false);
    expect(isMultiline('milk\n\n')).toBe(false);
    expect(isMultiline('milk\r\neggs')).toBe(true);
  });

  it('lose only bullets, numbers and checkboxes', () => {
    const text =
      '- milk\n* eggs\n• 2 l oat milk\n1. bread\n12) tea\n- [ ] salt\n☐ rice\n7 up\n3.5% milk';
    expect(namesOf(text)).toEqual([
      'milk',
      'eggs',
      'oat milk',
      'bread',
      'tea',
      'salt',
      'rice',
      '7 up',
      '3.5% milk',
    ]);
  });

  it('are ticked if their checkbox is ticked', () => {
    const ticked = parseLines('- [x] milk\n[X] eggs\n✓ tea\n[ ] box\nxylitol', parse).map(
      ({ ticked: isTicked }) => isTicked,
    );
    expect(ticked).toEqual([true, true, true, false, false]);
  });

  it('QTY-1, QTY-3 are parsed as typed lines', () => {
    expect(parseLines('- 2 l milk, oat\n7 Up\n3 lemons', parse)).toEqual([
      { name: 'milk', quantity: '2 l', note: 'oat', ticked: false },
      { name: '7 Up', quantity: '', note: '', ticked: false },
      { name: 'lemons', quantity: '3', note: '', ticked: false },
    ]);
  });

  it('have a quantity from the second column', () => {
    expect(parseLines('Milk | 2 l\nEggs\t12\n| Tea | 1 |\n|---|---|', parse)).toEqual([
      { name: 'Milk', quantity: '2 l', note: '', ticked: false },
      { name: 'Eggs', quantity: '12', note: '', ticked: false },
      { name: 'Tea', quantity: '1', note: '', ticked: false },
    ]);
    const [long] = parseLines(`Milk | 1 ${'x'.repeat(51)}`, parse);
    expect([long?.name, long?.quantity, long?.note.length]).toEqual(['Milk', '', 53]);
  });

  it('have no invisible characters', () => {
    expect(namesOf('mi\u0000lk \u202egnp.exe\neggs')).toEqual(['mi lk gnp.exe', 'eggs']);
  });
});

describe('the marks and columns of a line', () => {
  it.each(LINES.marks)('TRF-2 are removed as the server does: $line', (vector) => {
    expect(stripMarks(vector.line)).toEqual({
      text: vector.text,
      isTicked: vector.ticked ?? false,
    });
  });

  it.each(LINES.cells)('TRF-2 are read as the server does: $text', ({ text, ...cells }) => {
    expect(splitCells(text)).toEqual(cells.name === null ? null : cells);
  });
});

describe('the planned lines', () => {
  it('are new, unchanged, put back or repeated, as the server compares names', () => {
    const there = [
      item('Milk'),
      item('Straße', { purchased: true }),
      item('Tea', { purchased: true }),
    ];
    expect(outcomesOf('MILK\n  tea\nbread\nBread', ...there)).toEqual([
      'unchanged',
      'put back',
      'new',
      'repeated',
    ]);
  });

  it('belong to the open item if the name is both open and bought', () => {
    const there = [item('a', { name: 'Milk' }), item('b', { name: 'milk', purchased: true })];
    expect(outcomesOf('milk\neggs', ...there)).toEqual(['unchanged', 'new']);
    expect(outcomesOf('milk\neggs', ...there.toReversed())).toEqual(['unchanged', 'new']);
  });

  it('API-41 are merged if they differ, also from earlier lines (case W1)', () => {
    const text = 'Cheese, cheddar\nCheese, brie\nCheese, brie\n2 apples\n3 apples\nHam, raw';
    const plan = planLines(parseLines(text, parse), [item('Ham', { note: 'x'.repeat(1000) })]);
    expect(plan.map(lineOutcomeText)).toEqual([
      'new',
      'on the list already; note added',
      'repeated',
      'new',
      'on the list already; quantity added',
      'does not fit to what is on the list',
    ]);
    expect(plan.map(isSelectedByDefault)).toEqual([true, true, false, true, true, false]);
  });

  it('are selected by default if they change something', () => {
    const plan = planLines(
      parseLines(`new\n[x] done\nMilk\nTea | 2\nnew\n${'x'.repeat(201)}`, parse),
      [item('Milk'), item('Tea')],
    );
    expect(plan.map(isSelectedByDefault)).toEqual([true, false, false, true, false, false]);
    expect(plan.map(canBeSent)).toEqual([true, true, true, true, true, false]);
  });
});
