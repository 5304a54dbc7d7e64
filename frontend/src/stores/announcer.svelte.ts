import * as m from '#messages';
/** Sentences that arrive within this time are announced together, in milliseconds. */
const BATCH_INTERVAL = 1500;
const MAX_SENTENCES = 3;

/** The text of the page's live region, which screen readers announce. */
export class Announcer {
  text = $state('');
  #pending: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Announce a sentence, together with others that arrive within the interval. */
  announce(sentence: string): void {
    this.#pending.push(sentence);
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#flush();
    }, BATCH_INTERVAL);
  }

  /** Say what the user has just done, at once. */
  say(sentence: string): void {
    this.text = sentence;
  }

  /** Remove the current text and all pending sentences. */
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
    this.text = moreCount > 0 ? m.announce_more({ text, count: moreCount }) : `${text}.`;
  }
}
