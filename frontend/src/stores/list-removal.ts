import { Api } from '../net/api';
import { Problem } from '../net/problem';
import { creationsIn } from '../sync/created-lists';
import type { Engine } from '../sync/engine';
import type { OutboxEntry } from '../sync/outbox';
import type { Lists } from './lists.svelte';

/**
 * Delete a list. One that the server does not have is dropped, and cannot be restored.
 *
 * The server may have a list whose creation was sent, although the response was lost.
 */
export async function removeList(
  lists: Lists,
  engine: Engine,
  id: string,
): Promise<'in trash' | 'dropped'> {
  const removed = isUnsent(engine, id) ? 'dropped' : await removeSaved(engine, id);
  const remaining = creationOf(engine, id);
  if (remaining) engine.discard(remaining.op);
  lists.drop(id);
  return removed;
}

/** Whether the server cannot have this list, because its creation was never sent or was refused. */
export function isUnsent(engine: Engine, id: string): boolean {
  const creation = creationOf(engine, id);
  return creation?.state === 'rejected' || creation?.isSent === false;
}

async function removeSaved(engine: Engine, id: string): Promise<'in trash' | 'dropped'> {
  try {
    await new Api(engine.http).deleteList(id);
    return 'in trash';
  } catch (error) {
    const isUncreated = creationOf(engine, id)?.state === 'waiting';
    if (isUncreated && error instanceof Problem && error.status === 404) return 'dropped';
    throw error;
  }
}

function creationOf(engine: Engine, id: string): OutboxEntry | undefined {
  return creationsIn(engine.outbox).find(({ edit }) => edit.list === id);
}

/** Restore a deleted list from the trash. */
export async function restoreList(lists: Lists, engine: Engine, id: string): Promise<void> {
  await new Api(engine.http).restoreList(id);
  await lists.load();
}

/** Remove a user from their own list. */
export async function leaveList(
  lists: Lists,
  engine: Engine,
  { id, userId }: { id: string; userId: number },
): Promise<void> {
  await new Api(engine.http).removeMember(id, userId);
  lists.drop(id);
}
