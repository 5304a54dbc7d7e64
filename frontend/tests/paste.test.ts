import { describe, expect, it } from 'vitest';
import { isMultiline } from '../src/stores/multiline';
import { parseLine } from '../src/stores/quantity';
import { canBeSent, isSelectedByDefault, parseLines, planLines } from '../src/stores/paste';
import { item } from './fake/rows';

const read = (line: string) => parseLine(line, (key) => key === '7 up');

const names = (text: string): string[] => parseLines(text, read).map(({ name }) => name);
const fates = (text: string, ...there: ReturnType<typeof item>[]): string[] =>
  planLines(parseLines(text, read), there).map(({ outcome }) => outcome);

describe('pasted lines', () => {
  it('are many only if there are two things', () => {
    expect(isMultiline('milk')).toBe(false);
    expect(isMultiline('milk\n\n')).toBe(false);
    expect(isMultiline('milk\r\neggs')).toBe(true);
  });

  it('lose bullets, numbers and boxes, and nothing else', () => {
    const text =
      '- milk\n* eggs\n• 2 l oat milk\n1. bread\n12) tea\n- [ ] salt\n☐ rice\n7 up\n3.5% milk';
    expect(names(text)).toEqual([
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

  it('know what was ticked where it came from', () => {
    const ticked = parseLines('- [x] milk\n[X] eggs\n✓ tea\n[ ] box\nxylitol', read).map(
      (one) => one.ticked,
    );
    expect(ticked).toEqual([true, true, true, false, false]);
  });

  it('QTY-1 are read as typed lines are, QTY-3 and known names are not split', () => {
    expect(parseLines('- 2 l milk, oat\n7 Up\n3 lemons', read)).toEqual([
      { name: 'milk', quantity: '2 l', note: 'oat', ticked: false },
      { name: '7 Up', quantity: '', note: '', ticked: false },
      { name: 'lemons', quantity: '3', note: '', ticked: false },
    ]);
  });

  it('take a quantity from the second column', () => {
    expect(parseLines('Milk | 2 l\nEggs\t12\n| Tea | 1 |\n|---|---|', read)).toEqual([
      { name: 'Milk', quantity: '2 l', note: '', ticked: false },
      { name: 'Eggs', quantity: '12', note: '', ticked: false },
      { name: 'Tea', quantity: '1', note: '', ticked: false },
    ]);
    expect(names(`Milk | ${'x'.repeat(51)}`)[0]).toContain('Milk xxx');
  });

  it('have no characters that cannot be seen', () => {
    expect(names('mi\u0000lk \u202egnp.exe\neggs')).toEqual(['mi lk gnp.exe', 'eggs']);
  });
});

describe('the plan', () => {
  it('tells new from merged, put back and repeated, as the server compares names', () => {
    const there = [
      item('Milk'),
      item('Straße', { purchased: true }),
      item('Tea', { purchased: true }),
    ];
    expect(fates('MILK\n  tea\nbread\nBread', ...there)).toEqual([
      'merged',
      'put back',
      'new',
      'repeated',
    ]);
  });

  it('calls a name merged that is open and was bought before', () => {
    const there = [item('a', { name: 'Milk' }), item('b', { name: 'milk', purchased: true })];
    expect(fates('milk\neggs', ...there)).toEqual(['merged', 'new']);
  });

  it('sends what changes something, unless the person says otherwise', () => {
    const plan = planLines(
      parseLines(`new\n[x] done\nMilk\nTea | 2\nnew\n${'x'.repeat(201)}`, read),
      [item('Milk'), item('Tea')],
    );
    expect(plan.map(isSelectedByDefault)).toEqual([true, false, false, true, false, false]);
    expect(plan.map(canBeSent)).toEqual([true, true, true, true, false, false]);
  });
});
