import type { ViewRow } from '../sync/optimistic-view';
import { groupByAisle, ungrouped, type AisleSection } from './aisles';
import { readChoices, saveChoices } from './list-choices';

/** The open rows of a list by aisle, as this user sees them in this browser. */
export class AisleView {
  sections = $state.raw<readonly AisleSection[]>([]);
  /** Whether the sections have heads. */
  isGrouped = $state(false);
  /** The keys of the aisles whose rows are hidden. */
  folded = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether the user wants to see a list that has aisles grouped by them. */
  isWanted = $state(true);

  /** The shop whose items alone are shown, empty for all. */
  shop = $state('');

  constructor(private readonly listId: string) {
    const { isFlat = false, folded = [], shop = '' } = readChoices(listId);
    this.shop = shop;
    this.isWanted = !isFlat;
    this.folded = new Set(folded);
  }

  /** Show other rows. `order` has the names of aisles in the order by hand. */
  update(rows: readonly ViewRow[], order: readonly string[]): void {
    this.isGrouped = this.isWanted && rows.some(({ item }) => item.category !== '');
    this.sections = this.isGrouped
      ? groupByAisle(this.sections, rows, order)
      : ungrouped(this.sections, rows);
  }

  isFolded({ key }: AisleSection): boolean {
    return this.isGrouped && this.folded.has(key);
  }

  fold(key: string, isFolded: boolean): void {
    const folded = new Set(this.folded);
    if (isFolded) folded.add(key);
    else folded.delete(key);
    this.folded = folded;
    saveChoices(this.listId, { folded: [...folded] });
  }

  /** Show the items of one shop alone, or of all. They change with the next `update`. */
  setShop(shop: string): void {
    this.shop = shop;
    saveChoices(this.listId, { shop });
  }

  /** Group the rows or not. They change with the next `update`. */
  setWanted(isWanted: boolean): void {
    this.isWanted = isWanted;
    saveChoices(this.listId, { isFlat: !isWanted });
  }
}
