/** What the page of a list asks in a sheet over it. */
export type ListTool =
  /** In which aisle items belong. `aisle`: the one in which they are, null if they differ. */
  | { kind: 'choose aisle'; items: readonly string[]; label: string; aisle: string | null }
  /** What an aisle is called, and where it is. */
  | { kind: 'aisle'; name: string }
  /** What a shop is called. */
  | { kind: 'shop'; name: string }
  /** Where a row goes. */
  | { kind: 'row'; id: string }
  /** How a new list is called that begins with the items of this one. */
  | { kind: 'template' }
  /** To which other list items go. */
  | { kind: 'to list'; verb: 'move' | 'copy'; items: readonly string[] };
