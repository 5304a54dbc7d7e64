/**
 * Whether the values of the dashboard stand still: the user has paused them, or the page is hidden.
 *
 * A store passes what it shows through `hold`. So a hidden page draws nothing, and the newest
 * value appears when it is shown again.
 */
export class Pause {
  /** When the user paused, in milliseconds since 1970. */
  since = $state<number | null>(null);
  readonly #waiting = new Map<object, () => void>();

  constructor(private readonly isHidden: () => boolean = () => document.hidden) {}

  get isPaused(): boolean {
    return this.since !== null;
  }

  /** Return a function that shows a value now, or only the last one of them after the pause. */
  hold<T>(show: (value: T) => void): (value: T) => void {
    const key = {};
    return (value) => {
      this.#waiting.delete(key);
      if (this.isPaused || this.isHidden()) {
        this.#waiting.set(key, () => {
          show(value);
        });
      } else show(value);
    };
  }

  toggle(): void {
    this.since = this.isPaused ? null : Date.now();
    this.#showWaiting();
  }

  /** Follow whether the page is hidden, until the returned function is called. */
  start(): () => void {
    const onChange = (): void => {
      this.#showWaiting();
    };
    document.addEventListener('visibilitychange', onChange);
    return () => {
      document.removeEventListener('visibilitychange', onChange);
    };
  }

  #showWaiting(): void {
    if (this.isPaused || this.isHidden()) return;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const show of waiting) show();
  }
}
