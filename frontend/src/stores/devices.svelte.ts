import type { Api } from '../net/api';
import type { Device } from '../protocol/rest';
import { FormSubmission } from './form-submission.svelte';

/** The browsers in which the user is signed in. */
export class Devices {
  /** This browser first. Null until they are loaded. */
  all = $state.raw<readonly Device[] | null>(null);
  readonly submission = new FormSubmission();

  constructor(private readonly api: Api) {}

  get others(): readonly Device[] {
    return (this.all ?? []).filter(({ current }) => !current);
  }

  async load(): Promise<void> {
    await this.submission.run(() => this.#refresh());
  }

  async signOut({ id }: Device): Promise<void> {
    await this.submission.run(async () => {
      await this.api.signOutDevice(id);
      await this.#refresh();
    });
  }

  async signOutOthers(): Promise<void> {
    await this.submission.run(async () => {
      await this.api.signOutOtherDevices();
      await this.#refresh();
    });
  }

  async #refresh(): Promise<void> {
    const devices = await this.api.getDevices();
    this.all = [...devices].sort((a, b) => Number(b.current) - Number(a.current));
  }
}
