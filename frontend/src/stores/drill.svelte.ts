import type { Http } from '../net/http';
import { FormSubmission } from './form-submission.svelte';

/** A fault that the owner of a demo can cause, and when it began last. */
export interface Fault {
  name: string;
  title: string;
  explanation: string;
  since: string | null;
}

interface DrillState {
  running: string | null;
  error: string | null;
  faults: readonly Fault[];
}

/** How long to wait before asking again whether a fault has ended, in ms. */
const POLL_INTERVAL = 1000;

/** The faults of a demo. Only one of them runs at a time. */
export class Drill {
  faults = $state.raw<readonly Fault[]>([]);
  /** The name of the fault that is running. */
  running = $state<string | null>(null);
  /** Why the last fault could not be caused; empty if it could. */
  error = $state('');
  readonly submission = new FormSubmission();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly http: Http) {}

  /** Load the faults. The demo copies its database then, for the fault that puts it back. */
  async load(): Promise<void> {
    await this.submission.run(async () => {
      this.#show(await this.http<DrillState>({ method: 'GET', path: 'demo/' }));
    });
  }

  async cause(fault: string): Promise<void> {
    await this.submission.run(async () => {
      this.#show(await this.http<DrillState>({ method: 'POST', path: 'demo/', body: { fault } }));
    });
  }

  /** Stop asking whether a fault has ended. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #show({ running, error, faults }: DrillState): void {
    [this.running, this.error, this.faults] = [running, error ?? '', faults];
    this.stop();
    if (running !== null) this.#askLater();
  }

  /** The server may be the one that was killed: then ask again. */
  #askLater(): void {
    this.#timer = setTimeout(() => {
      this.http<DrillState>({ method: 'GET', path: 'demo/' }).then(
        (state) => {
          this.#show(state);
        },
        () => {
          this.#askLater();
        },
      );
    }, POLL_INTERVAL);
  }
}
