import { messageOf, Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { FileFormat, ImportResult, ImportedLine } from '../protocol/rest';

/** The largest text that the server accepts, in bytes of JSON. */
export const MAX_BYTES = 2 * 1024 * 1024;

export const FORMATS: readonly { format: FileFormat; label: string; extension: string }[] = [
  { format: 'text', label: 'Plain text', extension: '.txt' },
  { format: 'markdown', label: 'Markdown', extension: '.md' },
  { format: 'csv', label: 'CSV', extension: '.csv' },
  { format: 'json', label: 'JSON', extension: '.json' },
];

export const OUTCOME_LABELS: Record<ImportedLine['outcome'], string> = {
  added: 'new',
  merged: 'on the list',
  put_back: 'bought before, put back',
  unchanged: 'no change',
};

/** Guess the format of a text. The user can choose another one. */
export function detectFormat(content: string, fileName = ''): FileFormat {
  const match = FORMATS.find(({ extension }) => fileName.toLowerCase().endsWith(extension));
  if (match) return match.format;
  if (/^\ufeff?\s*\{/.test(content)) return 'json';
  if (/^\s*(?:[-*+] \[[ xX]\]|#{1,3} )/m.test(content)) return 'markdown';
  return /^\ufeff?"?name"?[,;]/i.test(content) ? 'csv' : 'text';
}

/** The effect of an import, such as "3 new, 1 put back". Empty if nothing changes. */
export function importSummary({ added, merged, put_back }: ImportResult): string {
  const counts = [
    [added, 'new'],
    [put_back, 'put back'],
    [merged, 'on the list'],
  ] as const;
  return counts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ');
}

/** Sends an import, or only a preview of it with `dry_run`. */
export type SendImport<T> = (
  content: string,
  format: FileFormat,
  options: { dry_run: boolean; op: string },
) => Promise<T>;

/** A text to import. The user sees a preview from the server before the import. */
export class ImportDraft<T> {
  content = $state('');
  format = $state<FileFormat>('text');
  /** The effect of the import. Null until it is loaded, and after each change of the text. */
  preview = $state.raw<T | null>(null);
  /** The errors of the text, with line numbers. */
  lineErrors = $state.raw<readonly string[]>([]);
  error = $state('');
  isBusy = $state(false);
  /** The idempotency key: importing the same text again has one effect. */
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

  /** The text or the format changed, so the preview is not valid any more. */
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

  /** Resolves to the result and its idempotency key, or null if the import failed. */
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
