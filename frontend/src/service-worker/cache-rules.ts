/** What the service worker answers from its cache. Pure: worker.ts does the work. */

/** The files of the list app in each language, as paths of URLs. */
export type BuildFiles = Readonly<Record<string, readonly string[]>>;

/**
 * How to answer a request.
 *
 * `shell`: with the page of the app, which is the same for all of its URLs. `file`: with a file of
 * the build. `network`: not at all, so that the browser asks the server.
 */
export type Answer = 'shell' | 'file' | 'network';

/** The part of a request that decides. */
export interface RequestFacts {
  method: string;
  mode: string;
  url: string;
}

/** The URL under which the cache has the page of the app. */
export const SHELL_PATH = '/';

/** The pages of the list app. The dashboard, the wall screen and the admin need the server anyway. */
const APP_PATH = /^\/(?:(?:lists\/[0-9a-f-]{36}|signin|setup|join|reset|account|share)\/?)?$/i;
const ASSET = /(?:href|src)="(\/static\/assets\/[^"]+)"/g;

export function answerOf(
  { method, mode, url }: RequestFacts,
  origin: string,
  files: BuildFiles,
): Answer {
  const { origin: host, pathname } = new URL(url);
  if (method !== 'GET' || host !== origin) return 'network';
  if (mode === 'navigate') return APP_PATH.test(pathname) ? 'shell' : 'network';
  const isFile = Object.values(files).some((paths) => paths.includes(pathname));
  return isFile ? 'file' : 'network';
}

/**
 * The language of a page that this build can show without a network.
 *
 * Null for anything else: the page of another build, or the sign-in page of a proxy.
 */
export function languageOfShell(html: string, files: BuildFiles): string | null {
  const language = /<html lang="([\w-]+)"/.exec(html)?.[1] ?? '';
  const known = files[language];
  const assets = Array.from(html.matchAll(ASSET), ([, path]) => path ?? '');
  const isComplete = assets.length > 0 && assets.every((path) => known?.includes(path));
  return html.includes('id="app"') && isComplete ? language : null;
}

/** The caches to delete. `names` are all caches of this origin, oldest first. */
export function outdatedCaches(names: readonly string[], prefix: string): string[] {
  // Other tabs may still show the version before this one, and load parts of it.
  return names.filter((name) => name.startsWith(prefix)).slice(0, -2);
}
