import type { StorageStatus } from '../sync/storage';
import type { Toast } from './toast.svelte';

const TEXTS = {
  refused: 'This browser keeps nothing: unsent changes go with the page.',
  outdated: 'Another tab has a newer Trolley. Reload this page: until then it keeps nothing.',
} as const;

/** Say that edits which are not sent will be lost with the page. */
export function warnAboutStorage(toast: Toast, status: Exclude<StorageStatus, 'stored'>): void {
  toast.show({ text: TEXTS[status] });
}
