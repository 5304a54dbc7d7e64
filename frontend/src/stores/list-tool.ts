/** What the page of a list asks in a sheet over it. */
export type ListTool =
  /** In which aisle items belong. `aisle`: the one in which they are, null if they differ. */
  { kind: 'choose aisle'; items: readonly string[]; label: string; aisle: string | null };
