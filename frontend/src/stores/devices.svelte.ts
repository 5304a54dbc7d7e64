import type { Api } from '../net/api';
import type { Device } from '../protocol/rest';
import { Attempt } from './attempt.svelte';

/** The browsers that somebody is signed in with. */
export class Devices {
  /** This one first; null until they were read. */
  all = $state.raw<readonly Device[] | null>(null);
  readonly attempt = new Attempt();

  constructor(private readonly api: Api) {}

  get others(): readonly Device[] {
    return (this.all ?? []).filter(({ current }) => !current);
  }

  async load(): Promise<void> {
    await this.attempt.run(() => this.#read());
  }

  async signOut({ id }: Device): Promise<void> {
    await this.attempt.run(async () => {
      await this.api.endDevice(id);
      await this.#read();
    });
  }

  async signOutOthers(): Promise<void> {
    await this.attempt.run(async () => {
      await this.api.endOtherDevices();
      await this.#read();
    });
  }

  async #read(): Promise<void> {
    const found = await this.api.devices();
    this.all = [...found].sort((a, b) => Number(b.current) - Number(a.current));
  }
}
