import { LIST_CHOICES_KEY } from '../sync/storage';

/** A walk through a shop that has not ended. Times are those of the server. */
export interface StoredTrip {
  id: string;
  startedAt: string;
  shop: string | null;
  lastTickAt: number;
  aisles: readonly string[];
}

/** How a user sees a list in this browser. A choice that was not made is missing. */
export interface ListChoices {
  /** Whether the rows are not grouped by aisle. */
  isFlat?: boolean;
  /** The keys of the aisles whose rows are hidden. */
  folded?: readonly string[];
  trip?: StoredTrip | undefined;
  /** The name of the shop whose items alone are shown. */
  shop?: string;
}

type AllChoices = Record<string, ListChoices>;

/** The lists whose choices are kept, the latest first. */
const MAX_LISTS = 50;

function readAll(): AllChoices {
  try {
    return { ...(JSON.parse(localStorage.getItem(LIST_CHOICES_KEY) ?? '{}') as AllChoices) };
  } catch {
    return {};
  }
}

export function readChoices(listId: string): ListChoices {
  return readAll()[listId] ?? {};
}

/** Keep some choices of a list, beside its others. */
export function saveChoices(listId: string, choices: ListChoices): void {
  const { [listId]: before, ...others } = readAll();
  const kept = Object.entries(others).slice(0, MAX_LISTS - 1);
  const all: AllChoices = Object.fromEntries([[listId, { ...before, ...choices }], ...kept]);
  try {
    localStorage.setItem(LIST_CHOICES_KEY, JSON.stringify(all));
  } catch {
    // A browser that stores nothing has the choice until the page is closed.
  }
}
