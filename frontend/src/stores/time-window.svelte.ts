import { WINDOWS, type WindowName } from '../protocol/window-topics';
import type { ChartView } from './chart-view.svelte';
import { sectionOfPath } from './section.svelte';

const SHORTEST: WindowName = '5m';

/** The window of the charts, and the moment that they show. The address has both. */
export class TimeWindow {
  #name = $state<WindowName>(SHORTEST);

  constructor(
    private readonly charts: ChartView,
    private readonly now: () => number = Date.now,
  ) {}

  get name(): WindowName {
    return this.#name;
  }

  /** Follow the address bar until the returned function is called. */
  start(): () => void {
    const onPopState = (): void => {
      if (sectionOfPath(location.pathname) === 'now') this.read(location.search);
    };
    onPopState();
    addEventListener('popstate', onPopState);
    return () => {
      removeEventListener('popstate', onPopState);
    };
  }

  /** Take what an address says. A moment that no window reaches is left out. */
  read(search: string): void {
    const wanted = new URLSearchParams(search);
    this.#name = WINDOWS.find(({ name }) => name === wanted.get('w'))?.name ?? SHORTEST;
    const at = Date.parse(wanted.get('at') ?? '') / 1000;
    const age = this.now() / 1000 - at;
    const reaching = WINDOWS.find(
      ({ name, seconds }) => secondsOf(name) >= secondsOf(this.#name) && seconds > age,
    );
    this.charts.at = age >= 0 && reaching ? at : null;
    if (this.charts.at !== null && reaching) this.#name = reaching.name;
  }

  /** The part of the address after the path. */
  get search(): string {
    const { at } = this.charts;
    const parts = [
      ...(this.#name === SHORTEST ? [] : [`w=${this.#name}`]),
      ...(at === null ? [] : [`at=${new Date(Math.round(at) * 1000).toISOString().slice(0, 19)}Z`]),
    ];
    return parts.length > 0 ? `?${parts.join('&')}` : '';
  }

  /** Show another window. A moment that it does not reach is left. */
  choose(name: WindowName): void {
    if (name === this.#name) return;
    this.#name = name;
    this.charts.zoom(null);
    this.charts.time = null;
    const { at } = this.charts;
    if (at !== null && this.now() / 1000 - at >= secondsOf(name)) this.charts.at = null;
  }

  /** Show the next longer (1) or the next shorter (-1) window. */
  move(direction: number): void {
    const index = WINDOWS.findIndex(({ name }) => name === this.#name) + direction;
    const next = WINDOWS[index];
    if (next) this.choose(next.name);
  }
}

export function secondsOf(name: WindowName): number {
  return WINDOWS.find((window) => window.name === name)?.seconds ?? 0;
}
