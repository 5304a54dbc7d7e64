const KEY = 'trolley.plain-http';

/**
 * Whether to say that this page cannot be opened without a network: browsers allow that only
 * with https, or on the computer itself. It is said once in each browser.
 */
export function isPlainHttpNoticeDue(isSecure: boolean, storage: Storage): boolean {
  try {
    return !isSecure && storage.getItem(KEY) === null;
  } catch {
    return false; // a private window may refuse the storage
  }
}

export function dismissPlainHttpNotice(storage: Storage): void {
  try {
    storage.setItem(KEY, 'seen');
  } catch {
    // It is said again.
  }
}
