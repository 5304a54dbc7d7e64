/**
 * The service worker: it opens the list app without a network.
 *
 * All files of one build are cached before it takes over, so a page and its parts always belong
 * together. It never answers for the API or the socket: sync/ and storage/ know what is current.
 */
import { answerOf, languageOfShell, outdatedCaches, SHELL_PATH } from './cache-rules';
import type { WorkerRequest } from './messages';

declare const self: ServiceWorkerGlobalScope;

const PREFIX = 'trolley-app-';
const CACHE = PREFIX + __BUILD__;
/** Named once, because the build writes the value in place of each name. */
const FILES = __FILES__;
/** The page differs by cookie and language, but the cache has one of them at a time. */
const IGNORE_VARY = { ignoreVary: true };

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

self.addEventListener('fetch', (event) => {
  const answer = answerOf(event.request, self.location.origin, FILES);
  if (answer === 'file') event.respondWith(cachedFile(event.request));
  if (answer !== 'shell') return;
  event.respondWith(cachedShell(event.request));
  event.waitUntil(refreshShell().catch(() => null));
});

self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const request = event.data as WorkerRequest;
  const [port] = event.ports;
  const work = request === 'activate' ? self.skipWaiting() : refreshShell();
  event.waitUntil(
    work
      .catch(() => null)
      .then(() => {
        port?.postMessage(null);
      }),
  );
});

async function install(): Promise<void> {
  if (!(await refreshShell())) throw new Error('The server did not send the page of the app.');
}

async function activate(): Promise<void> {
  const outdated = outdatedCaches(await caches.keys(), PREFIX);
  await Promise.all(outdated.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Load the page, and first the files of its language. Returns false for any other page. */
async function refreshShell(): Promise<boolean> {
  const response = await fetch(SHELL_PATH, { cache: 'no-store', credentials: 'same-origin' });
  if (!response.ok || response.redirected) return false;
  const language = languageOfShell(await response.clone().text(), FILES);
  if (language === null) return false;
  const cache = await caches.open(CACHE);
  const files = FILES[language] ?? [];
  const missing = await missingFiles(cache, files);
  await cache.addAll(missing);
  await cache.put(SHELL_PATH, response);
  return true;
}

async function missingFiles(cache: Cache, files: readonly string[]): Promise<string[]> {
  const cached = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  return files.filter((file) => !cached.has(file));
}

async function cachedShell(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(SHELL_PATH, IGNORE_VARY)) ?? fetch(request);
}

async function cachedFile(request: Request): Promise<Response> {
  return (await caches.match(request, IGNORE_VARY)) ?? fetch(request);
}
