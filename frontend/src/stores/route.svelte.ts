export type AppPage =
  | { name: 'lists' }
  | { name: 'list'; id: string }
  | { name: 'signin' }
  | { name: 'setup' }
  | { name: 'join' }
  | { name: 'reset' }
  | { name: 'account' }
  | { name: 'share' };

const LIST_PATH = /^\/lists\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;

const NAMED_PATH = /^\/(signin|setup|join|reset|account|share)\/?$/;

export function parsePath(path: string): AppPage {
  const id = LIST_PATH.exec(path)?.[1];
  if (id) return { name: 'list', id: id.toLowerCase() };
  const name = NAMED_PATH.exec(path)?.[1];
  return { name: (name ?? 'lists') as Exclude<AppPage['name'], 'list'> };
}

/** The path to open after sign-in. Only paths of this site are allowed. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

/** The page that the address bar names. */
export class Route {
  page = $state.raw<AppPage>(parsePath(location.pathname));

  start(): () => void {
    const onPopState = (): void => {
      this.page = parsePath(location.pathname);
    };
    addEventListener('popstate', onPopState);
    return () => {
      removeEventListener('popstate', onPopState);
    };
  }

  navigate(path: string, mode: 'push' | 'replace' = 'push'): void {
    if (mode === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.page = parsePath(location.pathname);
    scrollTo(0, 0);
  }
}
