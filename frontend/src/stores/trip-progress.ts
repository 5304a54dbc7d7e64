import type { Trip } from '../protocol/frames';
import type { ViewRow } from '../sync/optimistic-view';

export interface Progress {
  done: number;
  total: number;
}

/** How far a trip is: the items bought since its start, by anyone, of these and the open ones. */
export function tripProgress(rows: readonly ViewRow[], trip: Pick<Trip, 'started_at'>): Progress {
  const startedAt = Date.parse(trip.started_at);
  let done = 0;
  let open = 0;
  for (const row of rows) {
    if (!row.item.purchased) open += 1;
    else if (isBoughtSince(row, startedAt)) done += 1;
  }
  return { done, total: done + open };
}

/** Whether an item was bought after this time. An edit that waits has no time of the server yet. */
export function isBoughtSince({ item, status }: ViewRow, time: number): boolean {
  if (!item.purchased) return false;
  return status === 'waiting' || Date.parse(item.purchased_at ?? '') >= time;
}
