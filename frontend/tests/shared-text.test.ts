import { describe, expect, it } from 'vitest';
import { SharedText, sharedLines } from '../src/stores/shared-text';

const lines = (fields: Record<string, string>): string =>
  sharedLines(`?${new URLSearchParams(fields).toString()}`);

describe('a text that is shared with the app', () => {
  it('has a line for its title, its text and its link', () => {
    expect(
      lines({ title: 'Soup', text: '2 onions\n1 l stock', url: 'https://a.example/soup' }),
    ).toBe('Soup\n2 onions\n1 l stock\nhttps://a.example/soup');
  });

  it('has no line twice: many apps repeat the title or the link in the text', () => {
    expect(lines({ title: 'Soup', text: 'Soup https://a.example', url: 'https://a.example' })).toBe(
      'Soup https://a.example',
    );
    expect(lines({ title: 'Milk', text: 'Milk' })).toBe('Milk');
  });

  it('is empty without any of them', () => {
    expect(sharedLines('')).toBe('');
  });

  it('is taken once', () => {
    const shared = new SharedText();
    shared.set('Milk');
    expect([shared.take(), shared.take()]).toEqual(['Milk', '']);
  });
});
