/** A text that another app on this device has shared with this one, until a list takes it. */
export class SharedText {
  #text = '';

  set(text: string): void {
    this.#text = text;
  }

  /** The text, once. Empty if there is none. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** The lines in the address of the share target: what is shared, without repetitions. */
export function sharedLines(search: string): string {
  const parameters = new URLSearchParams(search);
  const parts = ['title', 'text', 'url'].map((name) => parameters.get(name)?.trim() ?? '');
  const isRepeated = (part: string, index: number): boolean =>
    parts.some((other, position) => position !== index && other.includes(part) && other !== part) ||
    parts.indexOf(part) !== index;
  return parts.filter((part, index) => part !== '' && !isRepeated(part, index)).join('\n');
}
