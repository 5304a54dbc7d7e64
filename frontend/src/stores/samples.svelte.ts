import { REQUESTS_TOPIC } from '../protocol/topic';
import type { Sample } from '../protocol/frames';
import type { Engine } from '../sync/engine';

/** The number of samples to keep: five minutes, one per second. */
export const MAX_SAMPLES = 300;
/** If two samples are further apart than this, the chart has a gap. In seconds. */
const MAX_INTERVAL = 2.5;

/** The data of the chart. Null is a gap. Times are in seconds. */
export interface ChartColumns {
  at: number[];
  started: (number | null)[];
  finished: (number | null)[];
}

/** The samples of the server's request counters. */
export class Samples {
  all = $state.raw<readonly Sample[]>([]);
  latest = $derived(this.all.at(-1) ?? null);
  /** When the latest sample arrived, by this browser's clock. The server's clock may differ. */
  receivedAt = $state<number | null>(null);

  constructor(private readonly engine: Engine) {
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
    const earlier = first ? this.all.filter(({ at }) => at < first.at) : this.all;
    this.all = [...earlier, ...samples].slice(-MAX_SAMPLES);
  }

  #add(sample: Sample): void {
    this.receivedAt = Date.now();
    this.all = [...this.all.slice(1 - MAX_SAMPLES), sample];
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

/** Convert totals to rates. Where samples are missing, the chart has a gap. */
export function chartColumns(samples: readonly Sample[]): ChartColumns {
  const columns: ChartColumns = { at: [], started: [], finished: [] };
  samples.forEach((sample, index) => {
    const previous = samples[index - 1];
    const at = Date.parse(sample.at) / 1000;
    const seconds = previous ? at - Date.parse(previous.at) / 1000 : 0;
    const isContinuous = previous !== undefined && seconds > 0 && seconds <= MAX_INTERVAL;
    columns.at.push(at);
    columns.started.push(isContinuous ? rate(sample.started, previous.started, seconds) : null);
    columns.finished.push(isContinuous ? rate(sample.finished, previous.finished, seconds) : null);
  });
  return columns;
}

function rate(current: number, previous: number, seconds: number): number {
  return Math.max(0, Math.round(((current - previous) / seconds) * 10) / 10);
}
