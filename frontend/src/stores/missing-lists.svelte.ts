import type { ListApp } from './app';
import { isServerAway } from './server-away';

/** How long the server is away before the overview says what is missing, in milliseconds. */
const AWAY_DELAY = 1000;

/** The lists that cannot be opened now: the server is away, and this browser has no copy. */
export interface MissingLists {
  has(id: string): boolean;
}

/** Follow which lists are missing. Call it while a component is created. */
export function followMissingLists({
  connection,
  lists,
  dependencies: { engine },
}: Pick<ListApp, 'connection' | 'lists' | 'dependencies'>): MissingLists {
  let missing = $state.raw<ReadonlySet<string>>(new Set());
  const isAway = $derived(isServerAway(connection));
  // A text, so that an edit, which changes the overview of its list, reads nothing again.
  const ids = $derived(
    lists.all
      .map(({ id }) => id)
      .sort()
      .join(' '),
  );

  async function read(isOutdated: () => boolean): Promise<void> {
    const absent = new Set<string>();
    for (const id of ids.split(' ')) if ((await engine.readItems(id)) === null) absent.add(id);
    if (!isOutdated()) missing = absent;
  }

  $effect(() => {
    if (!isAway || ids === '') {
      missing = new Set();
      return undefined;
    }
    let isOutdated = false;
    const timer = setTimeout(() => void read(() => isOutdated), AWAY_DELAY);
    return () => {
      isOutdated = true;
      clearTimeout(timer);
    };
  });

  return { has: (id) => missing.has(id) };
}
