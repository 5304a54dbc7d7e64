import type { OpenList } from './open-list.svelte';

/** The ids of the rows of a list in the order in which they are shown. */
export function shownIds({ aisles, boughtRows }: OpenList): readonly string[] {
  const open = aisles.sections.flatMap((section) => (aisles.isFolded(section) ? [] : section.rows));
  return [...open, ...boughtRows].map(({ item }) => item.id);
}
