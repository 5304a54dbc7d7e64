/** What a key of the list app does. Pure: Shortcuts.svelte owns the listener and acts. */
export type Command =
  | 'add'
  | 'next row'
  | 'previous row'
  | 'edit'
  | 'remove'
  | 'move up'
  | 'move down'
  | 'aisle'
  | 'move'
  | 'undo'
  | 'find'
  | 'lists'
  | 'dashboard'
  | 'share'
  | 'help';

export interface KeyPress {
  key: string;
  /** Control, or Command on a Mac. */
  isControl: boolean;
  isAlt: boolean;
}

/** What has the focus. */
export interface Focus {
  /** `empty field`: a text field without text. */
  element: 'nothing' | 'field' | 'empty field' | 'checkbox' | 'other';
  isInRow: boolean;
  isInDialog: boolean;
}

const LETTERS: Readonly<Record<string, Command>> = {
  n: 'add',
  '/': 'add',
  j: 'next row',
  k: 'previous row',
  s: 'share',
  '?': 'help',
};
const WITH_ALT: Readonly<Record<string, Command>> = {
  ArrowUp: 'move up',
  ArrowDown: 'move down',
};
/** What they do to the row that has the focus. */
const IN_ROW: Readonly<Record<string, Command>> = { e: 'aisle', m: 'move' };
const AFTER_G: Readonly<Record<string, Command>> = { l: 'lists', d: 'dashboard' };

/**
 * The command of a key, or null if the key is the browser's.
 *
 * `isAfterG`: the key before was `g`. `areLettersOn`: the user has not turned them off.
 */
export function commandOf(
  { key, isControl, isAlt }: KeyPress,
  { element, isInRow, isInDialog }: Focus,
  isAfterG: boolean,
  areLettersOn: boolean,
): Command | null {
  if (isInDialog) return null;
  const isText = element === 'field' || element === 'empty field';
  if (isAlt) return isInRow && !isText ? (WITH_ALT[key] ?? null) : null;
  if (isControl) {
    if (key === 'k') return 'find';
    // A text that is being typed has its own undo.
    return key === 'z' && element !== 'field' ? 'undo' : null;
  }
  if (isText) return null;
  if (isInRow && key === 'Delete') return 'remove';
  if (isInRow && element === 'checkbox' && key === 'Enter') return 'edit';
  if (isInRow || element === 'nothing') {
    if (key === 'ArrowDown') return 'next row';
    if (key === 'ArrowUp') return 'previous row';
  }
  if (!areLettersOn) return null;
  if (isAfterG) return AFTER_G[key] ?? null;
  return LETTERS[key] ?? (isInRow ? IN_ROW[key] : null) ?? null;
}

const KEY = 'trolley_shortcuts';

/** Whether keys without Control work. Some users of speech recognition turn them off. */
export function areLettersOn(storage: Storage): boolean {
  try {
    return storage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

export function setLetters(storage: Storage, isOn: boolean): void {
  try {
    if (isOn) storage.removeItem(KEY);
    else storage.setItem(KEY, 'off');
  } catch {
    // A browser that stores nothing has them on in the next page again.
  }
}
