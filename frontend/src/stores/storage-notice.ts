import * as m from '#messages';
import type { StorageStatus } from '../sync/storage';
import type { Toast } from './toast.svelte';

const TEXTS = {
  refused: m.storage_refused(),
  outdated: m.storage_outdated(),
} as const;

/** Say that edits which are not sent will be lost with the page. */
export function warnAboutStorage(toast: Toast, status: Exclude<StorageStatus, 'stored'>): void {
  toast.show({ text: TEXTS[status] });
}
