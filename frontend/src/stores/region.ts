/** The language of the app with the region of the browser, such as `en-GB`, for dates and times. */
export const REGIONAL_LOCALE = regionalLocale(__LOCALE__, globalThis.navigator?.languages ?? []);

/** The first of these languages that is a form of the locale, or else the locale itself. */
export function regionalLocale(locale: string, languages: readonly string[]): string {
  return languages.find((language) => language.split('-')[0] === locale) ?? locale;
}
