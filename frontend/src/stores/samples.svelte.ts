import { REQUESTS_TOPIC } from '../protocol/dashboard-topic';
import type { Sample } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

/** The number of samples to keep: five minutes, one per second. */
export const MAX_SAMPLES = 300;
/** The samples of the server's request counters. */
export class Samples {
  all = $state.raw<readonly Sample[]>([]);
  latest = $derived(this.all.at(-1) ?? null);
  /** When the latest sample arrived, by this browser's clock. The server's clock may differ. */
  receivedAt = $state<number | null>(null);
  /** The newest sample that arrived, also during a pause. */
  newest = $state.raw<Sample | null>(null);
  #received: readonly Sample[] = [];
  readonly #show: (samples: readonly Sample[]) => void;

  constructor(
    private readonly engine: Engine,
    pause: Pause,
  ) {
    this.#show = pause.hold((samples: readonly Sample[]) => {
      this.all = samples;
    });
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'sample' && event.sample.topic === REQUESTS_TOPIC)
          this.#add(event.sample);
        if (event.kind === 'history' && event.topic === REQUESTS_TOPIC)
          this.#addHistory(samplesFromColumns(event.columns));
      }
    });
  }

  start(): void {
    this.engine.watch(REQUESTS_TOPIC);
  }

  /** Keep earlier samples: a restarted server does not have them any more. */
  #addHistory(samples: readonly Sample[]): void {
    const first = samples[0];
    const received = this.#received;
    const earlier = first ? received.filter(({ at }) => at < first.at) : received;
    this.#received = [...earlier, ...samples].slice(-MAX_SAMPLES);
    this.newest = this.#received.at(-1) ?? null;
    this.#show(this.#received);
  }

  #add(sample: Sample): void {
    this.receivedAt = Date.now();
    this.newest = sample;
    this.#received = [...this.#received.slice(1 - MAX_SAMPLES), sample];
    this.#show(this.#received);
  }
}

/** Convert the history, which has a column for each field of a sample. */
export function samplesFromColumns(columns: Readonly<Record<string, unknown[]>>): Sample[] {
  const names = Object.keys(columns);
  const length = columns['at']?.length ?? 0;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]?.[row]])),
  ) as unknown as Sample[];
}
