import type { Api } from '../net/api';
import type { ListAnswer } from '../protocol/rest';
import { Attempt } from './attempt.svelte';

/** The lists that somebody deleted and may still take back. */
export class Trash {
  /** The last that was used first; null until they were read. */
  all = $state.raw<readonly ListAnswer[] | null>(null);
  readonly attempt = new Attempt();

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    await this.attempt.run(() => this.#read());
  }

  /** Put a list back to where it was, with all that was on it. */
  async restore(id: string): Promise<void> {
    await this.attempt.run(async () => {
      await this.api.restoreList(id);
      await this.#read();
    });
  }

  async #read(): Promise<void> {
    this.all = await this.api.deletedLists();
  }
}
