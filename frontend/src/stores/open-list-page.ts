import type { ListDialog } from './list-dialog';
import type { OpenList } from './open-list.svelte';

/** What the page of a list offers to parts of the app that are not in it. */
export interface ListPageActions {
  list: OpenList;
  openDialog: (dialog: ListDialog) => void;
}

/** The page of a list that is shown now, and what the next one does first. */
export class OpenListPage {
  current: ListPageActions | null = null;
  /** Scrolls to an item, flashes it and gives it the focus. Null until it is loaded. */
  show: ((itemId: string) => Promise<void>) | null = null;
  /** Whether the next page is that of a list that was just created. */
  isNew = false;
  /** The item that the next page shows first. */
  itemToShow: string | null = null;

  takeIsNew(): boolean {
    const { isNew } = this;
    this.isNew = false;
    return isNew;
  }
}
