/** The time of the page, which goes on by itself. */
export class Now {
  value = $state(Date.now());
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly every: number) {}

  start(): () => void {
    this.value = Date.now();
    this.#timer ??= setInterval(() => {
      this.value = Date.now();
    }, this.every);
    return () => {
      if (this.#timer) clearInterval(this.#timer);
      this.#timer = null;
    };
  }
}
