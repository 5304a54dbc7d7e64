import { choiceCookie } from './choice-cookie';

/** A language of the app: its tag, and its name in the language itself. */
export interface Language {
  tag: 'en' | 'de';
  name: string;
}

/** All languages of the app. Their names are the same in every language. */
export const LANGUAGES: readonly Language[] = [
  { tag: 'en', name: 'English' },
  { tag: 'de', name: 'Deutsch' },
];

const COOKIE = 'trolley_language';

/** The cookie with which the server chooses the language of pages. Null deletes it. */
export function languageCookie(tag: Language['tag'] | null, protocol: string): string {
  return choiceCookie(COOKIE, tag, protocol);
}

/**
 * Whether to load the page again, in the language that its user has chosen.
 *
 * A page that was just reloaded stays as it is: the server has no other build, or a cache
 * has answered.
 */
export function needsOtherLanguage(
  chosen: string,
  shown: string,
  navigation: PerformanceNavigationTiming['type'] | undefined,
): boolean {
  return chosen !== '' && chosen !== shown && navigation !== 'reload';
}
