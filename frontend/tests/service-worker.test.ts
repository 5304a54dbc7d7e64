import { describe, expect, it } from 'vitest';
import { answerOf, languageOfShell, outdatedCaches } from '../src/service-worker/cache-rules';

const ORIGIN = 'https://lists.example';
const FILES = {
  en: ['/static/assets/lists-1.js', '/static/assets/lists-1.css'],
  de: ['/static/assets/lists-2.js', '/static/assets/lists-1.css'],
};
const LIST = '/lists/8f0e7a1c-0000-4000-8000-000000000000/';
const answer = (path: string, fields: { method?: string; mode?: string } = {}): string =>
  answerOf(
    { method: 'GET', mode: 'navigate', url: new URL(path, ORIGIN).href, ...fields },
    ORIGIN,
    FILES,
  );
const shell = (language: string, ...files: string[]): string =>
  `<html lang="${language}">${files.map((file) => `<script src="${file}">`).join('')}<div id="app">`;

/** INS-1 */
describe('the service worker', () => {
  it.each(['/', '/?utm=1', LIST, '/signin/?next=/', '/account/', '/join/', '/share/?text=milk'])(
    'opens %s without a network',
    (path) => {
      expect(answer(path)).toBe('shell');
    },
  );

  it.each(['/dashboard/', '/dashboard/lists/', '/wall/', '/admin/', '/api/docs/', '/lists/x/'])(
    'leaves %s to the server',
    (path) => {
      expect(answer(path)).toBe('network');
    },
  );

  it('answers for the files of its build, in each language', () => {
    expect(answer('/static/assets/lists-2.js', { mode: 'cors' })).toBe('file');
    expect(answer('/static/assets/lists-3.js', { mode: 'cors' })).toBe('network');
  });

  it('never answers for the API, another method or another host', () => {
    expect(answer('/api/shopping-lists/', { mode: 'cors' })).toBe('network');
    expect(answer('/', { method: 'HEAD' })).toBe('network');
    expect(answer('/', { method: 'POST' })).toBe('network');
    expect(answer('https://other.example/')).toBe('network');
  });
});

describe('a page from the server', () => {
  it('is kept if all of its files belong to this build and its language', () => {
    expect(languageOfShell(shell('de', ...FILES.de), FILES)).toBe('de');
  });

  it.each([
    ['of another build', shell('en', '/static/assets/lists-9.js')],
    ['with the files of another language', shell('en', ...FILES.de)],
    ['in an unknown language', shell('fr', ...FILES.en)],
    ['without files', shell('en')],
    ['of a proxy', '<html lang="en"><form action="/login">'],
  ])('is not kept if it is one %s', (_, html) => {
    expect(languageOfShell(html, FILES)).toBe(null);
  });
});

describe('the caches of versions before', () => {
  it('are deleted, except the last one, which another tab may show', () => {
    const names = ['trolley-app-1', 'other', 'trolley-app-2', 'trolley-app-3'];
    expect(outdatedCaches(names, 'trolley-app-')).toEqual(['trolley-app-1']);
  });
});
