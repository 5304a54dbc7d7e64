import { describe, expect, it } from 'vitest';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { ImportResult } from '../src/protocol/rest';
import { detectFormat, ImportDraft, importSummary } from '../src/stores/import-draft.svelte';

const done: ImportResult = {
  version: 7,
  dry_run: false,
  added: 3,
  merged: 0,
  put_back: 1,
  unchanged: 2,
  results: [],
};

describe('a text to import', () => {
  it('is taken for what its file is called, else for what it looks like', () => {
    expect(detectFormat('milk', 'List.CSV')).toBe('csv');
    expect(detectFormat(' {"format": 1}')).toBe('json');
    expect(detectFormat('# Groceries\n\n- [x] milk')).toBe('markdown');
    expect(detectFormat('- milk\n- eggs')).toBe('text');
    expect(detectFormat('\ufeffname;quantity\nmilk;2 l')).toBe('csv');
    expect(detectFormat('name of the rose')).toBe('text');
  });

  it('is summed up in words', () => {
    expect(importSummary(done)).toBe('3 new, 1 put back');
    expect(importSummary({ ...done, added: 0, put_back: 0 })).toBe('');
  });
});

describe('importing', () => {
  function started(answer: (how: { dry_run: boolean; op: string }) => ImportResult): {
    importing: ImportDraft<ImportResult>;
    asked: { dry_run: boolean; op: string }[];
  } {
    const asked: { dry_run: boolean; op: string }[] = [];
    const importing = new ImportDraft<ImportResult>(async (_content, _format, how) => {
      asked.push(how);
      return answer(how);
    });
    importing.setContent('milk');
    return { importing, asked };
  }

  it('forgets the preview of a text that was changed, also while it was asked for', async () => {
    const { importing } = started((how) => ({ ...done, ...how }));
    await importing.loadPreview();
    expect(importing.preview).not.toBeNull();
    importing.setContent('eggs');
    expect(importing.preview).toBeNull();
    const looking = importing.loadPreview();
    importing.setContent('tea');
    await looking;
    expect(importing.preview).toBeNull();
  });

  it('shows the lines that cannot be read', async () => {
    const { importing } = started(() => {
      throw parseProblem(400, { detail: 'x', errors: { content: ['line 2: no.'] } }, null);
    });
    await importing.loadPreview();
    expect([importing.lineErrors, importing.error]).toEqual([['line 2: no.'], '']);
  });

  it('is one import, however often it is sent', async () => {
    let broken = true;
    const { importing, asked } = started((how) => {
      if (broken) throw unreachableProblem();
      return { ...done, ...how };
    });
    expect(await importing.confirm()).toBeNull();
    expect(importing.error).toContain('cannot be reached');
    broken = false;
    const taken = await importing.confirm();
    expect(taken?.op).toBe(asked[0]?.op);
    expect(asked[1]?.op).toBe(asked[0]?.op);
    importing.setContent('milk');
    await importing.confirm();
    expect(asked[2]?.op).not.toBe(asked[0]?.op);
  });
});
