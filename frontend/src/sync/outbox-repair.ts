import type { HttpRequest } from '../net/http';
import type { Problem } from '../net/problem';
import { resent, type Outbox, type OutboxEntry } from './outbox';

/** The state of the creation of a list, null if this browser does not create it. */
export function creationStateOf(outbox: Outbox, list: string): OutboxEntry['state'] | null {
  const creation = outbox.find(({ edit }) => edit.type === 'create' && edit.list === list);
  return creation?.state ?? null;
}

/** The server lost a list with all of its changes: everything about it waits again. */
export function sentAnew(outbox: Outbox, list: string): Outbox {
  return resent(outbox, list, -1);
}

/**
 * The changes of a list that are newer than this version are gone, or are other ones.
 *
 * An undo names its change by the version. If the undone edit is sent again, the undo waits for
 * its new version. Otherwise it is refused: it would undo the change of another user.
 */
export function withoutVersions(
  outbox: Outbox,
  list: string,
  version: number,
  reason: string,
): Outbox {
  const waitingOps = new Set(
    outbox.filter(({ state }) => state === 'waiting' || state === 'sending').map(({ op }) => op),
  );
  return outbox.map((entry) => {
    const { edit, state } = entry;
    if (edit.list !== list) return entry;
    if ((entry.changeVersion ?? 0) > version) return { ...entry, changeVersion: null };
    if (edit.type !== 'undo' || state !== 'waiting' || (edit.version ?? 0) <= version) return entry;
    const withoutVersion: OutboxEntry = { ...entry, edit: { ...edit, version: null } };
    return waitingOps.has(edit.undoneOp)
      ? withoutVersion
      : { ...withoutVersion, state: 'rejected', reason };
  });
}

/**
 * The request that tells whether a chosen id is taken by this edit itself.
 *
 * The server forgets operation ids after 30 days. An edit whose response was lost before that
 * is refused as if another one had its id.
 */
export function ownRowRequest({ edit }: OutboxEntry, problem: Problem): HttpRequest | null {
  if (problem.code !== 'id_taken') return null;
  const list = `shopping-lists/${edit.list}/`;
  if (edit.type === 'create') return { method: 'GET', path: list };
  if (edit.type !== 'add') return null;
  return { method: 'GET', path: `${list}shopping-items/${edit.item}/` };
}
