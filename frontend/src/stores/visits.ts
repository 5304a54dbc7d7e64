import type { KnownList, Visit } from '../protocol/frames';

/** Up to which version the user has seen a list, in one of its epochs. */
export type ListVisit = Visit & { epoch: string };

/** Where the engine keeps what the server has told of the visits. */
interface VisitKeeper {
  knownLists: KnownList[] | null;
}

/** The last visit of the user to a list; undefined until the server has told. */
export function visitOf({ knownLists }: VisitKeeper, id: string): ListVisit | null | undefined {
  if (!knownLists) return undefined;
  const { visited, epoch = '' } = knownLists.find((list) => list.id === id) ?? {};
  return visited ? { ...visited, epoch } : null;
}

export function noteVisit(keeper: VisitKeeper, id: string, visit: ListVisit): void {
  const { epoch, version, at } = visit;
  const others = keeper.knownLists?.filter((list) => list.id !== id);
  if (others)
    keeper.knownLists = [...others, { id, epoch, version, digest: '', visited: { version, at } }];
}
