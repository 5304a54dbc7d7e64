/** The edges of a row, in pixels of the window. */
export interface RowBox {
  top: number;
  bottom: number;
}

/** Where a row is. Null: the page has no such row. */
export type FindRow = (itemId: string) => RowBox | null;
