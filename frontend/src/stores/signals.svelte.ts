import { SIGNALS_TOPIC } from '../protocol/dashboard-topic';
import type { SignalRow } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

/** The seconds that a sparkline shows. */
export const SPARKLINE_SECONDS = 60;

/** A row, with the sends of each of the last seconds, oldest first. */
export interface SignalSeries extends SignalRow {
  key: string;
  seconds: readonly number[];
}

export function keyOf({ signal, sender }: Pick<SignalRow, 'signal' | 'sender'>): string {
  return `${signal} ${sender}`;
}

/** What is sent on the server's signals, since this section was opened. */
export class Signals {
  all = $state.raw<readonly SignalSeries[]>([]);

  constructor(
    private readonly engine: Engine,
    pause: Pause,
  ) {
    const add = pause.hold((rows: readonly SignalRow[]) => {
      this.#add(rows);
    });
    engine.subscribe((events) => {
      for (const event of events)
        if (event.kind === 'frame' && event.frame.type === 'signals') add(event.frame.rows);
    });
  }

  /** Follow the signals until the returned function is called. */
  start(): () => void {
    this.engine.watch(SIGNALS_TOPIC);
    return () => {
      this.engine.unwatch(SIGNALS_TOPIC);
      this.all = [];
    };
  }

  #add(rows: readonly SignalRow[]): void {
    const known = new Map(this.all.map((series) => [series.key, series.seconds]));
    this.all = rows.map((row) => {
      const key = keyOf(row);
      const seconds = [...(known.get(key) ?? []), row.last_second].slice(-SPARKLINE_SECONDS);
      return { ...row, key, seconds };
    });
  }
}
