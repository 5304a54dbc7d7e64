import { describe, expect, it } from 'vitest';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { ImportResult } from '../src/protocol/rest';
import { detectFormat, ImportDraft, importSummary } from '../src/stores/import-draft.svelte';

const result: ImportResult = {
  version: 7,
  dry_run: false,
  added: 3,
  merged: 0,
  put_back: 1,
  unchanged: 2,
  results: [],
};

describe('the format of a text', () => {
  it('is guessed from the file name, else from the content', () => {
    expect(detectFormat('milk', 'List.CSV')).toBe('csv');
    expect(detectFormat(' {"format": 1}')).toBe('json');
    expect(detectFormat('# Groceries\n\n- [x] milk')).toBe('markdown');
    expect(detectFormat('- milk\n- eggs')).toBe('text');
    expect(detectFormat('\ufeffname;quantity\nmilk;2 l')).toBe('csv');
    expect(detectFormat('name of the rose')).toBe('text');
  });

  it('is summarized in words', () => {
    expect(importSummary(result)).toBe('3 new, 1 put back');
    expect(importSummary({ ...result, added: 0, put_back: 0 })).toBe('');
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
