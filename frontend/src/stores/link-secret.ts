interface Address {
  pathname: string;
  hash: string;
}

interface HistoryState {
  readonly state: unknown;
  replaceState(state: unknown, unused: string, url: string): void;
}

/**
 * Remove the secret of a link from the address bar, and return it.
 *
 * The history entry keeps the secret, so that a reload does not lose it. It is in no URL,
 * so it is neither sent nor shared by accident.
 */
export function takeLinkSecret(address: Address, history: HistoryState): string | null {
  const page = /^\/(?:join|reset)(?=\/?$)/.exec(address.pathname)?.[0];
  if (page === undefined) return null;
  const secret = address.hash.slice(1);
  if (secret === '') return storedSecret(history.state);
  history.replaceState({ secret }, '', `${page}/`);
  return secret;
}

function storedSecret(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('secret' in state)) return null;
  return typeof state.secret === 'string' ? state.secret : null;
}
