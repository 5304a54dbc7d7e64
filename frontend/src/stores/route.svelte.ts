export type Page =
  | { name: 'lists' }
  | { name: 'list'; id: string }
  | { name: 'signin' }
  | { name: 'setup' }
  | { name: 'join' }
  | { name: 'reset' }
  | { name: 'account' };

const LIST = /^\/lists\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;

const NAMED = /^\/(signin|setup|join|reset|account)\/?$/;

export function pageOf(path: string): Page {
  const id = LIST.exec(path)?.[1];
  if (id) return { name: 'list', id: id.toLowerCase() };
  const name = NAMED.exec(path)?.[1];
  return { name: (name ?? 'lists') as Exclude<Page['name'], 'list'> };
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
