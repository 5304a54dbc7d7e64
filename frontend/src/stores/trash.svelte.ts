import type { Api } from '../net/api';
import type { ListResponse } from '../protocol/rest';
import { FormSubmission } from './form-submission.svelte';

/** The lists that somebody deleted and may still take back. */
export class Trash {
  /** The last that was used first; null until they were read. */
  all = $state.raw<readonly ListResponse[] | null>(null);
  readonly submission = new FormSubmission();

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  /** Put a list back to where it was, with all that was on it. */
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
