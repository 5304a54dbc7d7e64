import type { Machine as MachineFrame, MachineProcess } from '../protocol/frames';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

const MACHINE_TOPIC = 'ops:machine';
/** The seconds that a sparkline shows. */
const SPARKLINE_SECONDS = 60;
/** The seconds over which figures are averaged that jump from one second to the next. */
const MEAN_SECONDS = 10;

/** A process with its CPU of the last seconds, in percent of one CPU. */
export interface ProcessCard extends MachineProcess {
  cpu: number;
  cpuSeconds: readonly number[];
}

const encoder = new TextEncoder();

/** The processes and what they stand on, while this section is open. */
export class Machine {
  latest = $state.raw<MachineFrame | null>(null);
  cards = $state.raw<readonly ProcessCard[]>([]);
  /** The bytes a second that this page receives; null until they were counted for a while. */
  bytesPerSecond = $state<number | null>(null);
  #bytes = 0;
  #bytesBySecond: number[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly pause: Pause,
  ) {}

  /** Follow the figures until the returned function is called. */
  start(): () => void {
    const show = this.pause.hold((frame: MachineFrame) => {
      this.#show(frame);
    });
    const unsubscribe = this.engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'sample') this.#count(event.sample);
        if (event.kind !== 'frame') continue;
        this.#count(event.frame);
        if (event.frame.type !== 'machine') continue;
        this.#endSecond();
        show(event.frame);
      }
    });
    this.engine.watch(MACHINE_TOPIC);
    return () => {
      unsubscribe();
      this.engine.unwatch(MACHINE_TOPIC);
    };
  }

  #show(frame: MachineFrame): void {
    const known = new Map(this.cards.map((card) => [card.process, card.cpuSeconds]));
    this.latest = frame;
    this.cards = frame.processes.map((process) => {
      const before = known.get(process.process) ?? [];
      const cpuSeconds = [...before, process.cpu_percent].slice(-SPARKLINE_SECONDS);
      return { ...process, cpuSeconds, cpu: mean(cpuSeconds.slice(-MEAN_SECONDS)) };
    });
  }

  /** The text of a frame is written as the server writes it. */
  #count(frame: object): void {
    this.#bytes += encoder.encode(JSON.stringify(frame)).length;
  }

  /** A frame of this topic comes once a second. The first one ends no whole second. */
  #endSecond(): void {
    if (this.latest !== null) {
      this.#bytesBySecond = [...this.#bytesBySecond, this.#bytes].slice(-MEAN_SECONDS);
      this.bytesPerSecond = Math.round(mean(this.#bytesBySecond));
    }
    this.#bytes = 0;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
