import { describe, expect, it } from 'vitest';
import { languageCookie, LANGUAGES, needsOtherLanguage } from '../src/stores/language';
import { regionalLocale } from '../src/stores/region';
import settings from '../project.inlang/settings.json';

describe('the languages', () => {
  it('are those that the app is built in (LANG-1)', () => {
    expect(LANGUAGES.map(({ tag }) => tag)).toEqual(settings.locales);
  });

  it('are chosen by a cookie on every page for a year (LANG-2)', () => {
    expect(languageCookie('de', 'http:')).toBe(
      'trolley_language=de; path=/; max-age=31536000; samesite=lax',
    );
    expect(languageCookie('en', 'https:')).toContain('; secure');
    expect(languageCookie(null, 'http:')).toContain('trolley_language=; path=/; max-age=0;');
  });

  it('have the form of the region for dates', () => {
    expect(regionalLocale('en', ['de-AT', 'en-GB', 'en-US'])).toBe('en-GB');
    expect(regionalLocale('de', ['fr', 'en-GB'])).toBe('de');
  });
});

describe('a page in another language than its user chose', () => {
  it('is loaded again (LANG-2)', () => {
    expect(needsOtherLanguage('de', 'en', 'navigate')).toBe(true);
    expect(needsOtherLanguage('de', 'en', undefined)).toBe(true);
  });

  it.each([
    ['has its language', 'de', 'de', 'navigate'],
    ['has a user without a choice', '', 'en', 'navigate'],
    ['was loaded again in vain', 'de', 'en', 'reload'],
  ] as const)('stays if it %s', (_, chosen, shown, kind) => {
    expect(needsOtherLanguage(chosen, shown, kind)).toBe(false);
  });
});
