/** What the section of the lists shows. The address has it, so a link leads to the same view. */
export class ListsView {
  /** The id of the list that is open, null for the cards of all lists. */
  listId = $state<string | null>(null);
  /** The moment at which the list is shown, in Unix milliseconds; null is now. */
  at = $state<number | null>(null);

  constructor(search: string) {
    this.read(search);
  }

  /** Take over what the address says. */
  read(search: string): void {
    const wanted = new URLSearchParams(search);
    this.listId = wanted.get('list');
    const at = Date.parse(wanted.get('at') ?? '');
    this.at = this.listId === null || Number.isNaN(at) ? null : at;
  }

  /** The part of the address after the path. */
  get search(): string {
    if (this.listId === null) return '';
    return searchOf(this.listId, this.at);
  }
}

/** The part of an address that shows a list, now or at a moment. */
export function searchOf(listId: string, at: number | null = null): string {
  const wanted = new URLSearchParams({ list: listId });
  if (at !== null) wanted.set('at', new Date(at).toISOString());
  return `?${wanted.toString()}`;
}
