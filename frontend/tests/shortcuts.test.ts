import { describe, expect, it } from 'vitest';
import {
  areLettersOn,
  commandOf,
  setLetters,
  type Command,
  type Focus,
} from '../src/stores/shortcuts';

const nothing: Focus = { element: 'nothing', isInRow: false, isInDialog: false };
const row: Focus = { element: 'checkbox', isInRow: true, isInDialog: false };
const press = (
  key: string,
  focus: Focus = nothing,
  { isControl = false, isAlt = false, isAfterG = false, isOn = true } = {},
): Command | null => commandOf({ key, isControl, isAlt }, focus, isAfterG, isOn);

describe('a key', () => {
  it.each([
    ['n', 'add'],
    ['/', 'add'],
    ['j', 'next row'],
    ['k', 'previous row'],
    ['ArrowDown', 'next row'],
    ['ArrowUp', 'previous row'],
    ['s', 'share'],
    ['?', 'help'],
    ['x', null],
    ['l', null],
    ['Enter', null],
    ['Delete', null],
    [' ', null],
  ])('%s means %s', (key, command) => {
    expect(press(key)).toBe(command);
  });

  it('of a row edits or removes it, and Space stays the checkbox’s', () => {
    expect(press('Enter', row)).toBe('edit');
    expect(press('Delete', row)).toBe('remove');
    expect(press(' ', row)).toBeNull();
    const button: Focus = { ...row, element: 'other' };
    expect(press('Enter', button)).toBeNull();
    expect(press('Delete', button)).toBe('remove');
  });

  it('AIS-6 of a row moves it, or asks where it goes', () => {
    expect(press('ArrowUp', row, { isAlt: true })).toBe('move up');
    expect(press('ArrowDown', { ...row, element: 'other' }, { isAlt: true })).toBe('move down');
    expect(press('ArrowUp', { ...row, element: 'field' }, { isAlt: true })).toBeNull();
    expect(press('ArrowUp', nothing, { isAlt: true })).toBeNull();
    expect(press('e', row)).toBe('aisle');
    expect(press('m', row)).toBe('move');
    expect(press('m')).toBeNull();
    expect(press('m', row, { isOn: false })).toBeNull();
  });

  it('scrolls with arrows when a button outside of the rows has the focus', () => {
    expect(press('ArrowDown', { ...nothing, element: 'other' })).toBeNull();
  });

  it('after g leads to a page', () => {
    expect(press('l', nothing, { isAfterG: true })).toBe('lists');
    expect(press('d', nothing, { isAfterG: true })).toBe('dashboard');
    expect(press('n', nothing, { isAfterG: true })).toBeNull();
  });

  it.each(['n', '/', 'j', 'ArrowDown', 's', '?', 'Enter', 'Delete'])(
    '%s is typed in a field and in a dialog',
    (key) => {
      for (const element of ['field', 'empty field'] as const)
        expect(press(key, { ...row, element })).toBeNull();
      expect(press(key, { ...row, isInDialog: true })).toBeNull();
    },
  );

  it('with Control works in a field, but the undo of a text is the browser’s', () => {
    const control = { isControl: true };
    expect(press('k', { ...nothing, element: 'field' }, control)).toBe('find');
    expect(press('z', { ...nothing, element: 'empty field' }, control)).toBe('undo');
    expect(press('z', nothing, control)).toBe('undo');
    expect(press('z', { ...nothing, element: 'field' }, control)).toBeNull();
    expect(press('n', nothing, control)).toBeNull();
    expect(press('k', nothing, { ...control, isAlt: true })).toBeNull();
  });

  it('that is a single character can be turned off', () => {
    for (const key of ['n', '/', 'j', 'k', 's', '?'])
      expect(press(key, nothing, { isOn: false })).toBeNull();
    expect(press('l', nothing, { isOn: false, isAfterG: true })).toBeNull();
    expect(press('ArrowDown', nothing, { isOn: false })).toBe('next row');
    expect(press('k', nothing, { isOn: false, isControl: true })).toBe('find');
  });
});

describe('the setting', () => {
  it('is kept, and a browser that stores nothing has the keys on', () => {
    const values = new Map<string, string>();
    const storage = {
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => values.set(key, value),
      removeItem: (key: string) => values.delete(key),
    } as unknown as Storage;
    expect(areLettersOn(storage)).toBe(true);
    setLetters(storage, false);
    expect(areLettersOn(storage)).toBe(false);
    setLetters(storage, true);
    expect(areLettersOn(storage)).toBe(true);
    const refusing = {
      getItem: () => {
        throw new Error('refused');
      },
      setItem: () => {
        throw new Error('refused');
      },
    } as unknown as Storage;
    setLetters(refusing, false);
    expect(areLettersOn(refusing)).toBe(true);
  });
});
