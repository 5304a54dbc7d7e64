import { messageOf, Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { FileFormat, ImportResult, ImportedItem } from '../protocol/rest';

/** Bytes that the server takes at once, the quotes around the text included. */
export const MAX_BYTES = 2 * 1024 * 1024;

export const FORMATS: readonly { format: FileFormat; label: string; extension: string }[] = [
  { format: 'text', label: 'Plain text', extension: '.txt' },
  { format: 'markdown', label: 'Markdown', extension: '.md' },
  { format: 'csv', label: 'CSV', extension: '.csv' },
  { format: 'json', label: 'JSON', extension: '.json' },
];

export const OUTCOME_LABELS: Record<ImportedItem['outcome'], string> = {
  added: 'new',
  merged: 'on the list',
  put_back: 'bought before, put back',
  unchanged: 'no change',
};

/** What a text most likely is; the person may know better. */
export function detectFormat(content: string, fileName = ''): FileFormat {
  const match = FORMATS.find(({ extension }) => fileName.toLowerCase().endsWith(extension));
  if (match) return match.format;
  if (/^\ufeff?\s*\{/.test(content)) return 'json';
  if (/^\s*(?:[-*+] \[[ xX]\]|#{1,3} )/m.test(content)) return 'markdown';
  return /^\ufeff?"?name"?[,;]/i.test(content) ? 'csv' : 'text';
}

/** "3 new, 1 put back": what an import does, in words; blank where it does nothing. */
export function importSummary({ added, merged, put_back }: ImportResult): string {
  const counts = [
    [added, 'new'],
    [put_back, 'put back'],
    [merged, 'on the list'],
  ] as const;
  return counts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ');
}

/** How to ask the server, trying or for good. */
export type SendImport<T> = (
  content: string,
  format: FileFormat,
  options: { dry_run: boolean; op: string },
) => Promise<T>;

/** A text on its way in: shown as the server reads it, and only then taken. */
export class ImportDraft<T> {
  content = $state('');
  format = $state<FileFormat>('text');
  /** What it would do; null until that was asked, and after the text was changed. */
  preview = $state.raw<T | null>(null);
  /** Lines that cannot be read, with their numbers. */
  lineErrors = $state.raw<readonly string[]>([]);
  error = $state('');
  isBusy = $state(false);
  /** The same text again has one effect, whatever became of the first answer. */
  #op = uuid();

  constructor(private readonly send: SendImport<T>) {}

  get isTooLong(): boolean {
    return new Blob([JSON.stringify(this.content)]).size > MAX_BYTES - 200;
  }

  setContent(content: string, fileName = ''): void {
    this.content = content;
    this.format = detectFormat(content, fileName);
    this.resetPreview();
  }

  /** What was shown is not true any more. */
  resetPreview(): void {
    this.preview = null;
    this.lineErrors = [];
    this.error = '';
    this.#op = uuid();
  }

  async loadPreview(): Promise<void> {
    const op = this.#op;
    const preview = await this.#submit({ dry_run: true, op: uuid() });
    if (op === this.#op && preview !== undefined) this.preview = preview;
  }

  /** Resolves to what was done and the key that it has, or null where it failed. */
  async confirm(): Promise<{ result: T; op: string } | null> {
    const op = this.#op;
    const result = await this.#submit({ dry_run: false, op });
    return result === undefined ? null : { result, op };
  }

  async #submit(options: { dry_run: boolean; op: string }): Promise<T | undefined> {
    this.isBusy = true;
    this.lineErrors = [];
    this.error = '';
    try {
      return await this.send(this.content, this.format, options);
    } catch (error) {
      this.lineErrors = error instanceof Problem ? (error.errors['content'] ?? []) : [];
      if (this.lineErrors.length === 0) this.error = messageOf(error);
      this.preview = null;
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}
