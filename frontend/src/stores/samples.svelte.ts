import { REQUESTS } from '../protocol/topic';
import type { Sample } from '../protocol/types';
import type { Engine } from '../sync/engine';

/** Samples kept: five minutes, one a second. */
export const KEPT = 300;
/** Samples further apart than this have a gap between them, in seconds. */
const GAP = 2.5;

/** Columns for a chart; null is a gap. Times in seconds. */
export interface Columns {
  at: number[];
  started: (number | null)[];
  finished: (number | null)[];
}

/** The request counters, as the server samples them. */
export class Samples {
  all = $state.raw<readonly Sample[]>([]);
  newest = $derived(this.all.at(-1) ?? null);
  /** When the newest came, by this browser's clock: the server's may differ. */
  heardAt = $state<number | null>(null);

  constructor(private readonly engine: Engine) {
    engine.listen((news) => {
      for (const one of news) {
        if (one.kind === 'sample' && one.sample.topic === REQUESTS) this.#add(one.sample);
        if (one.kind === 'history' && one.topic === REQUESTS) this.#join(rowsOf(one.columns));
      }
    });
  }

  start(): void {
    this.engine.follow(REQUESTS);
  }

  /** A server that restarted has forgotten what this page has seen. */
  #join(rows: readonly Sample[]): void {
    const first = rows[0];
    const earlier = first ? this.all.filter(({ at }) => at < first.at) : this.all;
    this.all = [...earlier, ...rows].slice(-KEPT);
  }

  #add(sample: Sample): void {
    this.heardAt = Date.now();
    this.all = [...this.all.slice(1 - KEPT), sample];
  }
}

/** The history comes as columns, one for each field of a sample. */
export function rowsOf(columns: Readonly<Record<string, unknown[]>>): Sample[] {
  const names = Object.keys(columns);
  const length = columns['at']?.length ?? 0;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]?.[row]])),
  ) as unknown as Sample[];
}

/** Totals become rates; where nothing was sampled is a gap, not a line. */
export function columnsOf(samples: readonly Sample[]): Columns {
  const columns: Columns = { at: [], started: [], finished: [] };
  samples.forEach((sample, index) => {
    const before = samples[index - 1];
    const at = Date.parse(sample.at) / 1000;
    const seconds = before ? at - Date.parse(before.at) / 1000 : 0;
    const whole = before !== undefined && seconds > 0 && seconds <= GAP;
    columns.at.push(at);
    columns.started.push(whole ? rate(sample.started, before.started, seconds) : null);
    columns.finished.push(whole ? rate(sample.finished, before.finished, seconds) : null);
  });
  return columns;
}

function rate(now: number, before: number, seconds: number): number {
  return Math.max(0, Math.round(((now - before) / seconds) * 10) / 10);
}
