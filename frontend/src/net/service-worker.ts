import type { WorkerRequest } from '../service-worker/messages';

/** How long to wait for the service worker, in milliseconds. */
const ANSWER_TIMEOUT = 5000;
const SCRIPT = '/sw.js';

/** The browser's service workers. Null on plain http, where a page has none. */
function serviceWorkers(): ServiceWorkerContainer | null {
  return 'serviceWorker' in navigator ? navigator.serviceWorker : null;
}

/** Install the service worker, or look for a new one. Null if the browser has none. */
export async function registerServiceWorker(): Promise<ServiceWorkerRegistration | null> {
  const registration = serviceWorkers()?.register(scriptUrl(), { updateViaCache: 'none' });
  return (await registration?.catch(() => null)) ?? null;
}

/** Trusted types guard the URL of a service worker too, and a browser without them has no types. */
function scriptUrl(): string {
  const policy = trustedTypes()?.createPolicy('trolley', { createScriptURL: () => SCRIPT });
  return (policy?.createScriptURL(SCRIPT) as string | undefined) ?? SCRIPT;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL: (url: string) => unknown };
}

function trustedTypes(): TrustedTypes | undefined {
  return (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
}

/** Whether a service worker answers for this page. */
export function isControlled(): boolean {
  return (serviceWorkers()?.controller ?? null) !== null;
}

/** Call back when another service worker takes over this page. */
export function onControllerChange(callback: () => void): void {
  serviceWorkers()?.addEventListener('controllerchange', callback, { once: true });
}

/** Send a request, and wait until it is done, or for some seconds. */
export async function askWorker(
  worker: ServiceWorker | null,
  request: WorkerRequest,
): Promise<void> {
  if (worker === null) return;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<void>((resolve) => {
    port1.onmessage = () => {
      resolve();
    };
    setTimeout(resolve, ANSWER_TIMEOUT);
  });
  worker.postMessage(request, [port2]);
  await answer;
}

/** Let the service worker ask the server for the page again, because it differs now. */
export async function refreshShell(): Promise<void> {
  await askWorker(serviceWorkers()?.controller ?? null, 'refresh shell');
}

/** Load the page again from the server: what the service worker has is for another language. */
export async function reloadFromServer(): Promise<void> {
  await refreshShell();
  location.reload();
}
