import type { OutboxEntry } from '../sync/outbox';

const MIN_GROUP = 3;

/**
 * Edits of one list that were refused for one reason belong together, if they are three or more:
 * those of a list that is gone, for instance. Groups and edits keep their order.
 */
export function groupRejected(
  rejected: readonly OutboxEntry[],
): readonly (readonly OutboxEntry[])[] {
  const groups = new Map<string, OutboxEntry[]>();
  for (const entry of rejected) {
    const key = JSON.stringify([entry.edit.list, entry.reason]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((entries) =>
    entries.length < MIN_GROUP ? entries.map((entry) => [entry]) : [entries],
  );
}

/** What the edits are about, each name once. */
export function namesOf(entries: readonly OutboxEntry[]): string {
  return [...new Set(entries.map(({ label }) => label))].join(', ');
}
