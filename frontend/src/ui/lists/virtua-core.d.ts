/** The part of virtua's core that VirtualRows.svelte uses. The package declares no types for it. */
declare module 'virtua/unstable_core' {
  /** A number that changes with the state of a store. */
  export type StateVersion = readonly [];
  export type ItemsRange = readonly [start: number, end: number];

  export interface Layout {
    $isSizeEqual(index: number): boolean;
    $getItemSize(index: number): number;
    $getLength(): number;
  }

  export interface VirtualStore {
    $dispose(): void;
    $getStateVersion(): StateVersion;
    $getRange(bufferSize?: number): ItemsRange;
    $getItemOffset(index: number): number;
    $getTotalSize(): number;
    $subscribe(target: number, callback: () => void): () => void;
    $update(type: typeof ACTION_ITEMS_LENGTH_CHANGE, length: number, isShift: boolean): void;
    $update(type: typeof ACTION_START_OFFSET_CHANGE, offset: number): void;
  }

  export interface Driver {
    /** The driver of a window ignores `scrolled`. */
    $observe(container: HTMLElement, scrolled: HTMLElement): void;
    $observeItem(element: HTMLElement, index: number): () => void;
    $effect(): void;
    $dispose(): void;
  }

  export const ACTION_ITEMS_LENGTH_CHANGE: unique symbol;
  export const ACTION_START_OFFSET_CHANGE: unique symbol;
  export const UPDATE_VIRTUAL_STATE: number;
  export function createListLayout(length: number, itemSize: number): Layout;
  export function createVirtualStore(layout: Layout): VirtualStore;
  type CreateDriver = (store: VirtualStore, layout: Layout, isHorizontal: boolean) => Driver;
  export const createContainerDriver: CreateDriver;
  export const createWindowDriver: CreateDriver;
}
