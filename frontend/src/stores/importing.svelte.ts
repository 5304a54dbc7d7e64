import { Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { Format, Imported, ImportedLine } from '../protocol/rest';

/** Bytes that the server takes at once, the quotes around the text included. */
export const MOST_BYTES = 2 * 1024 * 1024;

export const FORMATS: readonly { format: Format; word: string; extension: string }[] = [
  { format: 'text', word: 'Plain text', extension: '.txt' },
  { format: 'markdown', word: 'Markdown', extension: '.md' },
  { format: 'csv', word: 'CSV', extension: '.csv' },
  { format: 'json', word: 'JSON', extension: '.json' },
];

export const OUTCOMES: Record<ImportedLine['outcome'], string> = {
  added: 'new',
  merged: 'on the list',
  put_back: 'bought before, put back',
  unchanged: 'no change',
};

/** What a text most likely is; the person may know better. */
export function formatOf(content: string, file = ''): Format {
  const named = FORMATS.find(({ extension }) => file.toLowerCase().endsWith(extension));
  if (named) return named.format;
  if (/^\ufeff?\s*\{/.test(content)) return 'json';
  if (/^\s*(?:[-*+] \[[ xX]\]|#{1,3} )/m.test(content)) return 'markdown';
  return /^\ufeff?"?name"?[,;]/i.test(content) ? 'csv' : 'text';
}

/** "3 new, 1 put back": what an import does, in words; blank where it does nothing. */
export function summaryOf({ added, merged, put_back }: Imported): string {
  const said = [
    [added, 'new'],
    [put_back, 'put back'],
    [merged, 'on the list'],
  ] as const;
  return said.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ');
}

/** How to ask the server, trying or for good. */
export type Send<T> = (
  content: string,
  format: Format,
  how: { dry_run: boolean; op: string },
) => Promise<T>;

/** A text on its way in: shown as the server reads it, and only then taken. */
export class Importing<T> {
  content = $state('');
  format = $state<Format>('text');
  /** What it would do; null until that was asked, and after the text was changed. */
  preview = $state.raw<T | null>(null);
  /** Lines that cannot be read, with their numbers. */
  refused = $state.raw<readonly string[]>([]);
  wrong = $state('');
  busy = $state(false);
  /** The same text again has one effect, whatever became of the first answer. */
  #op = uuid();

  constructor(private readonly send: Send<T>) {}

  get tooLong(): boolean {
    return new Blob([JSON.stringify(this.content)]).size > MOST_BYTES - 200;
  }

  take(content: string, file = ''): void {
    this.content = content;
    this.format = formatOf(content, file);
    this.changed();
  }

  /** What was shown is not true any more. */
  changed(): void {
    this.preview = null;
    this.refused = [];
    this.wrong = '';
    this.#op = uuid();
  }

  async look(): Promise<void> {
    const asked = this.#op;
    const preview = await this.#ask({ dry_run: true, op: uuid() });
    if (asked === this.#op && preview !== undefined) this.preview = preview;
  }

  /** Resolves to what was done and the key that it has, or null where it failed. */
  async confirm(): Promise<{ done: T; op: string } | null> {
    const op = this.#op;
    const done = await this.#ask({ dry_run: false, op });
    return done === undefined ? null : { done, op };
  }

  async #ask(how: { dry_run: boolean; op: string }): Promise<T | undefined> {
    this.busy = true;
    this.refused = [];
    this.wrong = '';
    try {
      return await this.send(this.content, this.format, how);
    } catch (error) {
      this.refused = error instanceof Problem ? (error.errors['content'] ?? []) : [];
      if (this.refused.length === 0) this.wrong = wordsOf(error);
      this.preview = null;
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
