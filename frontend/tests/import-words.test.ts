import { describe, expect, it } from 'vitest';
import { importErrorInOwnWords } from '../src/net/import-words';

describe('why a line of an import cannot be read (LANG-4)', () => {
  it('names the field and the rule, or the rule alone', () => {
    expect(importErrorInOwnWords('name: May not be blank.')).toBe('Name: Fill in this field.');
    expect(importErrorInOwnWords('purchased: Must be true or false.')).toBe(
      'Ticked: This must be true or false.',
    );
    expect(importErrorInOwnWords('note: At most 1,000 characters.')).toContain('1,000');
    expect(importErrorInOwnWords('More cells than the header has.')).toContain('more cells');
    expect(importErrorInOwnWords('')).toBe('');
  });

  it.each([
    ['This is no CSV: unexpected end of data.', 'This is no valid CSV.'],
    ['Neither an item (- [ ] milk), nor a heading, nor an indented note.', 'cannot be read'],
    ['name: Expected str, got int', 'Name: This cannot be read.'],
    ['purchased_at: The offset from UTC is missing.', 'cannot be read'],
    ['note: Too many combining marks in a row.', 'Note: This has characters that'],
    [
      'note: Characters that override the writing direction are not allowed.',
      'This has characters',
    ],
  ])('has words for %s', (reason, words) => {
    expect(importErrorInOwnWords(reason)).toContain(words);
  });
});

describe('why a text cannot be imported (LANG-4)', () => {
  it.each([
    ['line 1: Input data was truncated', 'Line 1: This is no valid JSON.'],
    ['line 3: JSON is malformed: invalid character (byte 5)', 'Line 3: This is no valid JSON.'],
    ['This is no JSON.', 'This is no valid JSON.'],
    ['This is no export of Trolley ("format" is not "trolley"), and', 'no export of Trolley'],
    ['Expected int, got str - at version', 'no export of Trolley'],
    ['Object contains unknown field x', 'no export of Trolley'],
    ['It must have either "list" or "lists".', 'no export of Trolley'],
    ['This holds many lists: import it on the account page, or at', 'has several lists'],
    ['A newer Trolley wrote this (format version 2, and this one', 'A newer version of Trolley'],
    ['This is not UTF-8: save the file as UTF-8 and try again.', 'Save the file as UTF-8'],
    ["line 1: Column 'name' is twice: name, quantity.", 'Line 1: The column name is twice.'],
    ['line 1: The header must have name or title, and may', 'Line 1: The header must have'],
    ['more than 5,000 lines: import at most 5,000 at once.', 'At most 5,000 lines at once.'],
    ['list 2, more than 5,000 items: import at most', 'At most 5,000 lines at once.'],
    ['More than 20,000 items: import list by list.', 'At most 20,000 lines at once.'],
  ])('has words for %s', (error, words) => {
    expect(importErrorInOwnWords(error)).toContain(words);
    expect(importErrorInOwnWords(error)).not.toBe(error);
  });
});
