import { describe, expect, it } from 'vitest';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { ImportedLine, ImportResult } from '../src/protocol/rest';
import {
  decodeText,
  detectFormat,
  ImportDraft,
  importedLineText,
  importSummary,
  leftOutSummary,
  shownLines,
  tooFullText,
} from '../src/stores/import-draft.svelte';

const result: ImportResult = {
  version: 7,
  dry_run: false,
  added: 3,
  merged: 0,
  put_back: 1,
  unchanged: 2,
  conflict: 0,
  left_out: 0,
  invalid: 0,
  excess_items: 0,
  results: [],
};

const line: ImportedLine = {
  line: 1,
  text: '',
  outcome: 'added',
  reason: '',
  item: null,
  changed: [],
  not_taken: {},
};

describe('the format of a text', () => {
  it('is guessed from the file name, else from the content', () => {
    expect(detectFormat('milk', 'List.CSV')).toBe('csv');
    expect(detectFormat(' {"format": 1}')).toBe('json');
    expect(detectFormat('# Groceries\n\n- [x] milk')).toBe('markdown');
    expect(detectFormat('- milk\n- eggs')).toBe('text');
    expect(detectFormat('\ufeffname;quantity\nmilk;2 l')).toBe('csv');
    expect(detectFormat('name of the rose')).toBe('text');
    expect(detectFormat('sep=;\r\nname;quantity')).toBe('csv');
    expect(detectFormat('"Qty"\t"Title"\n1\tMilk')).toBe('csv');
    expect(detectFormat('Milk, oat\nBread, rye')).toBe('text');
    expect(detectFormat('[{"name": "Milk"}]')).toBe('json');
    expect(detectFormat('[ 1 ] Crackers\n[x] Milk')).toBe('text');
    expect(detectFormat('---\ntitle: a\n---\n- Milk')).toBe('markdown');
    expect(detectFormat('Groceries\n=====\n- Milk')).toBe('markdown');
    expect(detectFormat('milk\n- eggs\n-- tea')).toBe('text');
  });

  it('is summarized in words', () => {
    expect(importSummary(result)).toBe('3 new, 1 put back');
    expect(importSummary({ ...result, added: 0, put_back: 0 })).toBe('');
    expect(leftOutSummary(result)).toBe('');
    expect(leftOutSummary({ ...result, invalid: 1, conflict: 2, left_out: 3 })).toBe(
      '1 cannot be read, 2 do not fit, 3 left out',
    );
  });

  it('says whether the list would be too full', () => {
    expect(tooFullText(result)).toBe('');
    expect(tooFullText({ ...result, excess_items: 1 })).toBe(
      'The list would have 1 item too many. Remove some first, or import fewer.',
    );
    expect(tooFullText({ ...result, excess_items: 20 })).toContain('20 items too many');
  });
});

describe('the text of a file', () => {
  const decode = (...bytes: number[]): string | null => decodeText(new Uint8Array(bytes).buffer);

  it('is read in the encodings that spreadsheets save', () => {
    expect(decode(0x4b, 0xc3, 0xa4)).toBe('Kä');
    expect(decode(0xef, 0xbb, 0xbf, 0xc3, 0xa4)).toBe('ä');
    expect(decode(0x4b, 0xe4)).toBe('Kä');
    expect(decode(0xff, 0xfe, 0x4b, 0, 0xe4, 0)).toBe('Kä');
    expect(decode(0xfe, 0xff, 0, 0x4b, 0, 0xe4)).toBe('Kä');
    expect(decode()).toBe('');
  });

  it('TRF-21 is null for a picture, a PDF or a table of a spreadsheet program', () => {
    expect(decode(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d)).toBeNull();
    expect(decode(0x50, 0x4b, 0x03, 0x04, 0x14, 0, 0x06, 0, 0x08, 0xe4)).toBeNull();
    expect(decode(...new TextEncoder().encode('%PDF-1.7\n1 0 obj'))).toBeNull();
    expect(decode(0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0xe2, 0xe3)).toBeNull();
  });
});

describe('a line of a preview', () => {
  const item = {
    id: null,
    name: 'Milk',
    quantity: '',
    note: '',
    category: 'Dairy',
    purchased: false,
  };

  it('TRF-17 says what was understood', () => {
    expect(importedLineText({ ...line, item })).toBe('new');
    expect(importedLineText({ ...line, item: { ...item, purchased: true } })).toContain('cart');
    const merged = { ...line, item, outcome: 'merged' as const };
    expect(importedLineText({ ...merged, changed: ['quantity', 'note'] })).toBe(
      'on the list already; quantity and note added',
    );
    expect(importedLineText({ ...merged, not_taken: { category: 'Cheese' } })).toBe(
      'on the list already; it stays in Dairy',
    );
  });

  it('is shown if there is a problem, even behind many others', () => {
    const lines = Array.from({ length: 5 }, () => line);
    const invalid: ImportedLine = { ...line, outcome: 'invalid' };
    expect(shownLines([...lines, invalid], 2)).toEqual([line, line, invalid]);
  });
});

describe('an import draft', () => {
  function startDraft(respond: (options: { dry_run: boolean; op: string }) => ImportResult): {
    draft: ImportDraft<ImportResult>;
    sentOptions: { dry_run: boolean; op: string }[];
  } {
    const sentOptions: { dry_run: boolean; op: string }[] = [];
    const draft = new ImportDraft<ImportResult>(async (_content, _format, options) => {
      sentOptions.push(options);
      return respond(options);
    });
    draft.setContent('milk');
    return { draft, sentOptions };
  }

  it('drops the preview of a changed text, even while it is loading', async () => {
    const { draft } = startDraft((options) => ({ ...result, ...options }));
    await draft.loadPreview();
    expect(draft.preview).not.toBeNull();
    draft.setContent('eggs');
    expect(draft.preview).toBeNull();
    const loading = draft.loadPreview();
    draft.setContent('tea');
    await loading;
    expect(draft.preview).toBeNull();
  });

  it('shows the errors of lines', async () => {
    const { draft } = startDraft(() => {
      throw parseProblem(400, { detail: 'x', errors: { content: ['line 2: no.'] } }, null);
    });
    await draft.loadPreview();
    expect([draft.lineErrors, draft.error]).toEqual([['line 2: no.'], '']);
  });

  it('keeps its idempotency key until the text changes', async () => {
    let isBroken = true;
    const { draft, sentOptions } = startDraft((options) => {
      if (isBroken) throw unreachableProblem();
      return { ...result, ...options };
    });
    expect(await draft.confirm()).toBeNull();
    expect(draft.error).toContain('cannot be reached');
    isBroken = false;
    const imported = await draft.confirm();
    expect(imported?.op).toBe(sentOptions[0]?.op);
    expect(sentOptions[1]?.op).toBe(sentOptions[0]?.op);
    draft.setContent('milk');
    await draft.confirm();
    expect(sentOptions[2]?.op).not.toBe(sentOptions[0]?.op);
  });
});
