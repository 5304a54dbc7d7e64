/** A dialog of the page of a list. */
export type ListDialog = 'menu' | 'share' | 'transfer' | 'paste' | 'activity' | 'people';
