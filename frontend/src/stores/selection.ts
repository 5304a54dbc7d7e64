/** What the user does with many rows at once, instead of ticking and editing them. */
export type ListMode = 'select' | 'sort';

export type Selection = ReadonlySet<string>;

/** The selection after a row was pressed. */
export function toggled(selection: Selection, id: string): Selection {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
}

/**
 * The selection after a row was pressed with Shift: also all rows between it and the one that was
 * selected last. `ids` are the rows in the order in which they are shown.
 */
export function extended(selection: Selection, ids: readonly string[], id: string): Selection {
  const anchor = [...selection].at(-1) ?? id;
  const [from = -1, to = -1] = [ids.indexOf(anchor), ids.indexOf(id)].sort((a, b) => a - b);
  return from < 0 ? toggled(selection, id) : new Set([...selection, ...ids.slice(from, to + 1)]);
}

/** The selection without rows that are not on the list any more. The same object if all are. */
export function existing(selection: Selection, ids: Iterable<string>): Selection {
  const all = new Set(ids);
  return [...selection].every((id) => all.has(id))
    ? selection
    : new Set([...selection].filter((id) => all.has(id)));
}
