import { describe, expect, it } from 'vitest';
import { problemOf, unreachable } from '../src/net/problem';
import type { Imported } from '../src/protocol/rest';
import { formatOf, Importing, summaryOf } from '../src/stores/importing.svelte';

const done: Imported = {
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
    expect(formatOf('milk', 'List.CSV')).toBe('csv');
    expect(formatOf(' {"format": 1}')).toBe('json');
    expect(formatOf('# Groceries\n\n- [x] milk')).toBe('markdown');
    expect(formatOf('- milk\n- eggs')).toBe('text');
    expect(formatOf('\ufeffname;quantity\nmilk;2 l')).toBe('csv');
    expect(formatOf('name of the rose')).toBe('text');
  });

  it('is summed up in words', () => {
    expect(summaryOf(done)).toBe('3 new, 1 put back');
    expect(summaryOf({ ...done, added: 0, put_back: 0 })).toBe('');
  });
});

describe('importing', () => {
  function started(answer: (how: { dry_run: boolean; op: string }) => Imported): {
    importing: Importing<Imported>;
    asked: { dry_run: boolean; op: string }[];
  } {
    const asked: { dry_run: boolean; op: string }[] = [];
    const importing = new Importing<Imported>(async (_content, _format, how) => {
      asked.push(how);
      return answer(how);
    });
    importing.take('milk');
    return { importing, asked };
  }

  it('forgets the preview of a text that was changed, also while it was asked for', async () => {
    const { importing } = started((how) => ({ ...done, ...how }));
    await importing.look();
    expect(importing.preview).not.toBeNull();
    importing.take('eggs');
    expect(importing.preview).toBeNull();
    const looking = importing.look();
    importing.take('tea');
    await looking;
    expect(importing.preview).toBeNull();
  });

  it('shows the lines that cannot be read', async () => {
    const { importing } = started(() => {
      throw problemOf(400, { detail: 'x', errors: { content: ['line 2: no.'] } }, null);
    });
    await importing.look();
    expect([importing.refused, importing.wrong]).toEqual([['line 2: no.'], '']);
  });

  it('is one import, however often it is sent', async () => {
    let broken = true;
    const { importing, asked } = started((how) => {
      if (broken) throw unreachable();
      return { ...done, ...how };
    });
    expect(await importing.confirm()).toBeNull();
    expect(importing.wrong).toContain('cannot be reached');
    broken = false;
    const taken = await importing.confirm();
    expect(taken?.op).toBe(asked[0]?.op);
    expect(asked[1]?.op).toBe(asked[0]?.op);
    importing.take('milk');
    await importing.confirm();
    expect(asked[2]?.op).not.toBe(asked[0]?.op);
  });
});
