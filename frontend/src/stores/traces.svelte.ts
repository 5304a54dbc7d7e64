import type { ChangeTrace, TracedScreen } from '../protocol/frames';
import type { Engine } from '../sync/engine';

const TOPIC = 'ops:traces';
/** How many changes the page keeps. */
export const MAX_TRACES = 20;

/** Single changes on their way to the screens, while this section is open. Newest first. */
export class Traces {
  all = $state.raw<readonly ChangeTrace[]>([]);
  /** The change that was chosen; null follows the newest one. */
  chosen = $state<string | null>(null);

  constructor(private readonly engine: Engine) {}

  get shown(): ChangeTrace | null {
    return this.all.find((trace) => keyOf(trace) === this.chosen) ?? this.all[0] ?? null;
  }

  /** Follow changes until the returned function is called. */
  start(): () => void {
    const unsubscribe = this.engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'frame' && event.frame.type === 'traces')
          this.all = withNewer(this.all, event.frame.traces, this.chosen);
      }
    });
    this.engine.watch(TOPIC);
    return () => {
      unsubscribe();
      this.engine.unwatch(TOPIC);
    };
  }
}

export function keyOf({ list, epoch, version }: ChangeTrace): string {
  return `${list} ${epoch} ${String(version)}`;
}

/** Replace what is known of changes, and add new ones. The chosen one is never dropped. */
export function withNewer(
  before: readonly ChangeTrace[],
  frame: readonly ChangeTrace[],
  chosen: string | null,
): readonly ChangeTrace[] {
  if (frame.length === 0) return before;
  const byKey = new Map([...before, ...frame].map((trace) => [keyOf(trace), trace]));
  return [...byKey.values()]
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at) || other.version - one.version)
    .filter((trace, index) => index < MAX_TRACES || keyOf(trace) === chosen);
}

/** A part of the way of one change, in ms after its commit. */
export interface TraceBar {
  kind: 'hop' | 'process' | 'screen';
  id: string;
  /** The part, the process, or the user with the device. */
  label: string;
  start: number;
  /** Where the part ends, null if the change has not come so far. */
  end: number | null;
  /** Where the second part of a bar ends: what the hub or the screen did. */
  then: number | null;
  screen: TracedScreen | null;
}

const BEFORE_COMMIT = ['request', 'recording', 'commit'];

/** The parts of the way of a change, in its order; the slowest screens come first. */
export function barsOf(trace: ChangeTrace): TraceBar[] {
  const before = BEFORE_COMMIT.filter((name) => name in trace.hops);
  let start = -before.reduce((sum, name) => sum + (trace.hops[name] ?? 0), 0);
  const hops = before.map((name): TraceBar => {
    const end = start + (trace.hops[name] ?? 0);
    const bar = { kind: 'hop' as const, id: name, label: name, start, end, then: null };
    start = end;
    return { ...bar, screen: null };
  });
  const processes = trace.processes.map(({ process, received_ms, handed_ms }): TraceBar => ({
    ...{ kind: 'process', id: process, label: process, screen: null },
    ...{ start: 0, end: received_ms, then: handed_ms },
  }));
  const screens = trace.screens.map((screen): TraceBar => ({
    ...{ kind: 'screen', id: screen.connection, label: screen.user.name, screen },
    ...{ start: 0, end: screen.written_ms, then: screen.shown_ms },
  }));
  return [...hops, ...processes, ...screens];
}

/** The first and the last moment of the bars, in ms after the commit. */
export function spanOf(bars: readonly TraceBar[]): { from: number; to: number } {
  const ends = bars.flatMap(({ end, then }) => [end ?? 0, then ?? 0]);
  return { from: Math.min(0, ...bars.map(({ start }) => start)), to: Math.max(1, ...ends) };
}

/** How many screens have taken a change, and how many have shown it. */
export function countsOf({ screens }: ChangeTrace): { taken: number; shown: number } {
  return {
    taken: screens.filter(({ written_ms }) => written_ms !== null).length,
    shown: screens.filter(({ shown_ms }) => shown_ms !== null).length,
  };
}

/** The time until the last screen had a change, null while one is missing. */
export function slowestOf({ screens }: ChangeTrace): number | null {
  if (screens.some(({ written_ms, is_open }) => written_ms === null && is_open)) return null;
  return Math.max(0, ...screens.map(({ written_ms, shown_ms }) => shown_ms ?? written_ms ?? 0));
}

/** A change that no process has reported a screen of may still be on its way, in ms. */
const ON_THE_WAY = 2000;

/**
 * What is known of a change for which no screen is reported. `now` is the time of the server's
 * newest sample, in ms; `isAlone` says that this process hears of no screen of another one.
 */
export function withoutScreens(
  trace: ChangeTrace,
  now: number,
  isAlone: boolean,
): 'on the way' | 'screens not known' | 'no screen open' {
  if (isAlone) return 'screens not known';
  return now - Date.parse(trace.at) < ON_THE_WAY ? 'on the way' : 'no screen open';
}
