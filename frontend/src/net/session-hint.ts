import { isControlled } from './service-worker';

/** What the server's HTML has if nobody is signed in (shell.html). */
const HINT = /<meta name="trolley-session" content="none">/;

/**
 * Whether the server says in its HTML that nobody is signed in.
 *
 * Asking `auth/me/` instead would be an error in the console of every sign-in page. A page that
 * the browser or the service worker has kept may be older than the session, so it says nothing.
 */
export async function isSessionMissing(): Promise<boolean> {
  const [navigation] = performance.getEntriesByType('navigation');
  const { type } = navigation as PerformanceNavigationTiming;
  if (type === 'back_forward') return false;
  if (!isControlled()) return HINT.test(document.head.innerHTML);
  const page = await fetch('/', { cache: 'no-store' });
  return HINT.test(await page.text());
}
