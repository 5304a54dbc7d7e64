import type { Api } from '../net/api';
import type { ListResponse } from '../protocol/rest';
import { FormSubmission } from './form-submission.svelte';

/** The deleted lists that the user can restore. */
export class Trash {
  /** The latest first. Null until they are loaded. */
  all = $state.raw<readonly ListResponse[] | null>(null);
  readonly submission = new FormSubmission();

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  /** Restore a list with all its items. */
  async restore(id: string): Promise<void> {
    await this.submission.run(async () => {
      await this.api.restoreList(id);
      await this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    this.all = await this.api.getDeletedLists();
  }
}
