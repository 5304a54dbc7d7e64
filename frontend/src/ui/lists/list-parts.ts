/** What the page of a list needs soon after it is shown: one part, because it loads all of them. */
export { ItemInput } from '../../stores/item-input.svelte';
export { default as UnsavedEdits } from '../UnsavedEdits.svelte';
export { default as ItemEditor } from './ItemEditor.svelte';
export { default as ListExtras } from './ListExtras.svelte';
export { default as CartButtons } from './CartButtons.svelte';
export { default as ModeLine } from './ModeLine.svelte';
export { default as ShopFilter } from './ShopFilter.svelte';
export { default as NothingToBuy } from './NothingToBuy.svelte';
