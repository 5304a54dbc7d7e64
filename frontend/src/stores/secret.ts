interface Address {
  pathname: string;
  hash: string;
}

interface Entries {
  readonly state: unknown;
  replaceState(state: unknown, unused: string, url: string): void;
}

/**
 * Take an invite's secret out of the address bar, before anything else happens.
 *
 * The entry of this tab's history keeps it, so that a reload does not lose the
 * invite; it is in no address, so it is neither sent nor shared by accident.
 */
export function takeSecret(address: Address, history: Entries): string | null {
  if (!/^\/join\/?$/.test(address.pathname)) return null;
  const secret = address.hash.slice(1);
  if (secret === '') return kept(history.state);
  history.replaceState({ invite: secret }, '', '/join/');
  return secret;
}

function kept(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('invite' in state)) return null;
  return typeof state.invite === 'string' ? state.invite : null;
}
