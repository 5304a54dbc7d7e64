import * as m from '#messages';
import { messageOf, Problem } from '../net/problem';
import { uuid } from '../net/uuid';
import type { FileFormat, ImportResult, ImportedLine } from '../protocol/rest';
import { mergeText } from './merge-text';

/** The largest text that the server accepts, in bytes of JSON. */
export const MAX_BYTES = 2 * 1024 * 1024;

export const FORMATS: readonly { format: FileFormat; label: string; extension: string }[] = [
  { format: 'text', label: m.import_format_text(), extension: '.txt' },
  { format: 'markdown', label: 'Markdown', extension: '.md' },
  { format: 'csv', label: 'CSV', extension: '.csv' },
  { format: 'json', label: 'JSON', extension: '.json' },
];

/** Words for the name of an item in the header of a table. */
const NAME_COLUMN =
  /^(?:name|title|item|product|article|task|task[ _-]?name|summary|subject|content|artikel|produkt|bezeichnung|titel|nom|nombre|nome|naam)$/i;

/** Guess the format of a text. The user can choose another one. */
export function detectFormat(content: string, fileName = ''): FileFormat {
  const match = FORMATS.find(({ extension }) => fileName.toLowerCase().endsWith(extension));
  if (match) return match.format;
  if (/^\ufeff?\s*(?:\{|\[\s*[{"\]])/.test(content)) return 'json';
  if (/^\ufeff?(?:---|\+\+\+)[ \t]*[\r\n]/.test(content)) return 'markdown';
  if (/^\s*(?:[-*+] \[[^\]]\]|#{1,3} )|^\S.*\r?\n(?:={2,}|-{2,})\s*$/m.test(content))
    return 'markdown';
  return isTable(content) ? 'csv' : 'text';
}

function isTable(content: string): boolean {
  const [line = ''] = content.replace(/^\ufeff/, '').split(/[\r\n]/);
  const cells = line.split(/[,;\t|]/).map((cell) => cell.replace(/^[\s"]+|[\s"]+$/g, ''));
  return (
    /^"?sep=/i.test(line) || (cells.length > 1 && cells.some((cell) => NAME_COLUMN.test(cell)))
  );
}

/** What a PDF begins with, also one without a byte that no text has. */
const PDF = [0x25, 0x50, 0x44, 0x46, 0x2d];

/**
 * The text of a file, null if it is no text.
 *
 * Programs for spreadsheets save UTF-16 and the encodings of Windows too.
 */
export function decodeText(bytes: ArrayBuffer): string | null {
  const octets = new Uint8Array(bytes);
  if (PDF.every((octet, index) => octets[index] === octet)) return null;
  const [first, second] = octets;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return octets.includes(0) ? null : new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The effect of an import, such as "3 new, 1 put back". Empty if nothing changes. */
export function importSummary({ added, merged, put_back }: ImportResult): string {
  return joinCounts([
    [added, m.import_new],
    [put_back, m.import_put_back],
    [merged, m.import_joined],
  ]);
}

/** Why the list cannot take the items of a preview. Empty if it can. */
export function tooFullText({ excess_items: count }: ImportResult): string {
  return count === 0 ? '' : m.import_too_full({ count });
}

/** The lines of a preview without any effect, such as "1 does not fit, 2 left out". */
export function leftOutSummary({ conflict, left_out, invalid }: ImportResult): string {
  return joinCounts([
    [invalid, m.import_invalid],
    [conflict, m.import_conflicts],
    [left_out, m.import_left_out],
  ]);
}

function joinCounts(
  counts: readonly [count: number, message: (inputs: { count: number }) => string][],
): string {
  return counts.flatMap(([count, message]) => (count > 0 ? [message({ count })] : [])).join(', ');
}

/** What the import does with a line, in words. */
export function importedLineText({ outcome, changed, item, not_taken }: ImportedLine): string {
  const isKept = not_taken['category'] !== undefined;
  switch (outcome) {
    case 'added':
      return item?.purchased ? m.line_new_bought() : m.line_new();
    case 'merged':
    case 'unchanged':
      if (item?.purchased) return m.line_in_cart();
      return isKept
        ? m.line_on_list_category({ text: mergeText(changed), category: item?.category ?? '' })
        : mergeText(changed);
    case 'put_back':
      return m.line_put_back();
    case 'category':
      return m.line_category();
    case 'conflict':
      return m.line_does_not_fit();
    case 'left_out':
      return m.line_left_out();
    case 'invalid':
      return m.line_invalid();
  }
}

/** Whether the user must look at a line, because something of it is not imported. */
export function isProblem({ outcome }: ImportedLine): boolean {
  return outcome === 'invalid' || outcome === 'conflict';
}

/** The lines to show in their order: `most` with a problem, and `most` others. */
export function shownLines(lines: readonly ImportedLine[], most: number): ImportedLine[] {
  const counts = { problems: 0, others: 0 };
  return lines.filter((line) => {
    const kind = isProblem(line) ? 'problems' : 'others';
    counts[kind] += 1;
    return counts[kind] <= most;
  });
}

/** What is wrong with the text of an import. The sentences of the server are English. */
async function contentErrors({ errors }: Problem): Promise<readonly string[]> {
  const content = errors['content'] ?? [];
  if (__LOCALE__ === 'en') return content;
  const { importErrorInOwnWords } = await import('../net/import-words');
  return content.map(importErrorInOwnWords);
}

/** Sends an import, or only a preview of it with `dry_run`. */
export type SendImport<T> = (
  content: string,
  format: FileFormat,
  options: { dry_run: boolean; op: string; skip_invalid?: boolean },
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
  async confirm(
    options: { skip_invalid?: boolean } = {},
  ): Promise<{ result: T; op: string } | null> {
    const op = this.#op;
    const result = await this.#submit({ dry_run: false, op, ...options });
    return result === undefined ? null : { result, op };
  }

  async #submit(options: Parameters<SendImport<T>>[2]): Promise<T | undefined> {
    this.isBusy = true;
    this.lineErrors = [];
    this.error = '';
    try {
      return await this.send(this.content, this.format, options);
    } catch (error) {
      this.lineErrors = error instanceof Problem ? await contentErrors(error) : [];
      if (this.lineErrors.length === 0) this.error = messageOf(error);
      this.preview = null;
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}
