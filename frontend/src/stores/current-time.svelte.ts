/** The current time, updated at an interval in milliseconds. */
export class CurrentTime {
  value = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly interval: number) {}

  start(): () => void {
    this.value = Date.now();
    this.#timer ??= setInterval(() => {
      this.value = Date.now();
    }, this.interval);
    return () => {
      if (this.#timer) clearInterval(this.#timer);
      this.#timer = null;
    };
  }
}
