export type Page =
  | { name: 'lists' }
  | { name: 'list'; id: string }
  | { name: 'signin' }
  | { name: 'setup' }
  | { name: 'join' };

const LIST = /^\/lists\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;

export function pageOf(path: string): Page {
  const id = LIST.exec(path)?.[1];
  if (id) return { name: 'list', id: id.toLowerCase() };
  if (/^\/signin\/?$/.test(path)) return { name: 'signin' };
  if (/^\/setup\/?$/.test(path)) return { name: 'setup' };
  if (/^\/join\/?$/.test(path)) return { name: 'join' };
  return { name: 'lists' };
}

/** Where to go after signing in: an address of this site only. */
export function nextOf(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

/** The address bar. */
export class Route {
  page = $state.raw<Page>(pageOf(location.pathname));

  start(): () => void {
    const moved = (): void => {
      this.page = pageOf(location.pathname);
    };
    addEventListener('popstate', moved);
    return () => {
      removeEventListener('popstate', moved);
    };
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.page = pageOf(location.pathname);
    scrollTo(0, 0);
  }
}
