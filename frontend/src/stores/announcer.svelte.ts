/** Changes that come faster than this are read out together. */
const BATCH_INTERVAL = 1500;
const MAX_SENTENCES = 3;

/** What the one polite live region says. */
export class Announcer {
  text = $state('');
  #pending: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Say something once nothing else has been said for a moment. */
  announce(sentence: string): void {
    this.#pending.push(sentence);
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#flush();
    }, BATCH_INTERVAL);
  }

  /** Forget what was said and what was to be said. */
  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = [];
    this.text = '';
  }

  #flush(): void {
    const sentences = this.#pending;
    this.#pending = [];
    this.#timer = null;
    const moreCount = sentences.length - MAX_SENTENCES;
    const text = sentences.slice(0, MAX_SENTENCES).join('. ');
    this.text = moreCount > 0 ? `${text}, and ${moreCount} more changes.` : `${text}.`;
  }
}
