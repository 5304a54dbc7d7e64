const KEY = 'trolley.wall';

interface Address {
  hash: string;
}

interface HistoryState {
  replaceState(state: unknown, unused: string, url: string): void;
}

/**
 * Take the token of a wall screen out of the address bar, and return it.
 *
 * It is kept in this browser, so that the screen comes back after a restart of the tablet.
 */
export function takeWallToken(
  address: Address,
  history: HistoryState,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): string | null {
  const token = address.hash.slice(1).trim();
  if (token === '') return read(storage);
  history.replaceState(null, '', '/wall/');
  try {
    storage.setItem(KEY, token);
  } catch {
    // A private window may store nothing: the screen works until it is closed.
  }
  return token;
}

export function forgetWallToken(storage: Pick<Storage, 'removeItem'>): void {
  try {
    storage.removeItem(KEY);
  } catch {
    // Nothing was stored.
  }
}

function read(storage: Pick<Storage, 'getItem'>): string | null {
  try {
    return storage.getItem(KEY);
  } catch {
    return null;
  }
}
