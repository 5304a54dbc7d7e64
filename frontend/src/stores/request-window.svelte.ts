import type { RequestWindow as WindowFrame } from '../protocol/frames';
import { windowTopic, type WindowName } from '../protocol/window-topics';
import type { Engine } from '../sync/engine';
import type { Pause } from './pause.svelte';

/** The request counters of one window: all of its points as columns. */
export type WindowPoints = Omit<WindowFrame, 'type' | 'update'>;

/** The request counters of the window that the page shows, with the marks of what happened. */
export class RequestWindow {
  latest = $state.raw<WindowPoints | null>(null);
  #topic: string | null = null;
  #received: WindowPoints | null = null;
  readonly #show: (points: WindowPoints) => void;

  constructor(
    private readonly engine: Engine,
    pause: Pause,
    private readonly isHidden: () => boolean = () => document.hidden,
  ) {
    this.#show = pause.hold((points: WindowPoints) => {
      this.latest = points;
    });
    engine.subscribe((events) => {
      for (const event of events) {
        if (event.kind === 'reset') this.#received = this.latest = null;
        else if (event.kind === 'frame' && event.frame.type === 'window') this.#add(event.frame);
      }
    });
  }

  /**
   * Follow a window until the returned function is called, and no window while the page is hidden.
   *
   * The page keeps what it has of another window until the first frame of this one.
   */
  follow(name: WindowName): () => void {
    const topic = windowTopic(name);
    const onVisibility = (): void => {
      if (this.isHidden()) this.engine.unwatch(topic);
      else this.engine.watch(topic);
    };
    this.#topic = topic;
    onVisibility();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      this.engine.unwatch(topic);
    };
  }

  #add(frame: WindowFrame): void {
    if (frame.topic !== this.#topic) return;
    const merged = mergeWindow(this.#received, frame);
    if (!merged) return;
    this.#received = merged;
    // The first frame of another window is shown during a pause too: the user has just chosen it.
    if (this.latest?.topic !== frame.topic) this.latest = merged;
    this.#show(merged);
  }
}

/** Put the last points in the place of those with the same time. Null: the first ones are missing. */
export function mergeWindow(before: WindowPoints | null, frame: WindowFrame): WindowPoints | null {
  if (!frame.update) return frame;
  if (before?.topic !== frame.topic) return null;
  const changed = timesOf(frame);
  const first = changed[0] ?? Infinity;
  const times = timesOf(before);
  const kept = times.findIndex((at) => at >= frame.start);
  const end = times.findIndex((at) => at >= first);
  const range = [kept < 0 ? times.length : kept, end < 0 ? times.length : end] as const;
  const columns = Object.fromEntries(
    Object.entries(frame.columns).map(([name, values]) => [
      name,
      [...(before.columns[name] ?? []).slice(...range), ...values],
    ]),
  );
  return { ...frame, columns };
}

/** The starts of the points, in seconds since 1970. */
export function timesOf({ columns }: Pick<WindowPoints, 'columns'>): readonly number[] {
  return (columns['at'] ?? []) as number[];
}
