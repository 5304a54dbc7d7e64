import * as m from '#messages';
import type { EngineEvent } from '../sync/engine';
import { timeOfDay } from './relative-time';

/** The names of the lists that the user has or had, by their ids. */
export type ListNames = ReadonlyMap<string, string>;

/** Says that another member removed the user from a list, null if the event says no such thing. */
export function removalNotice(event: EngineEvent, names: ListNames): string | null {
  if (event.kind !== 'left' || !event.by || !event.at) return null;
  const list = names.get(event.list);
  if (list === undefined) return null;
  return m.list_removed_by({ name: event.by.name, list, time: timeOfDay(event.at) });
}
