/** Changes that come faster than this are read out together. */
const BATCH = 1500;
const AT_MOST = 3;

/** What the one polite live region says. */
export class Announcer {
  text = $state('');
  #pending: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Say something once nothing else has been said for a moment. */
  say(sentence: string): void {
    this.#pending.push(sentence);
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#speak();
    }, BATCH);
  }

  /** Forget what was said and what was to be said. */
  hush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = [];
    this.text = '';
  }

  #speak(): void {
    const said = this.#pending;
    this.#pending = [];
    this.#timer = null;
    const more = said.length - AT_MOST;
    const spoken = said.slice(0, AT_MOST).join('. ');
    this.text = more > 0 ? `${spoken}, and ${more} more changes.` : `${spoken}.`;
  }
}
