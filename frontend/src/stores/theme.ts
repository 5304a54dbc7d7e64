import { choiceCookie } from './choice-cookie';

/** The colours of the pages. `system`: those of the browser. */
export type Theme = 'system' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const COOKIE = 'trolley_theme';
/** The background of the page, as base.css and the server's HTML have it. */
const BACKGROUNDS = { light: '#f5f7f5', dark: '#101412' };

/** The cookie with which the server renders the theme. The system's theme needs none. */
export function themeCookie(theme: Theme, protocol: string): string {
  return choiceCookie(COOKIE, theme === 'system' ? null : theme, protocol);
}

/** The theme that the cookies of a page name. Anything else is the system's. */
export function themeOf(cookies: string): Theme {
  const value = new RegExp(`(?:^|; )${COOKIE}=(light|dark)(?:;|$)`).exec(cookies)?.[1];
  return (value as Theme | undefined) ?? 'system';
}

/** Show a theme in this page, as the server renders it in the next one. */
export function showTheme(theme: Theme): void {
  const { documentElement: root, head } = document;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  const scheme = head.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
  if (scheme) scheme.content = theme === 'system' ? 'light dark' : theme;
  const colors = head.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]');
  for (const meta of colors) {
    const ofSystem = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = BACKGROUNDS[theme === 'system' ? ofSystem : theme];
  }
}
