import { describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { Activity, Verb } from '../src/protocol/rest-refined';
import type { ServerFrame } from '../src/protocol/frames';
import { ListHistory } from '../src/stores/list-history.svelte';
import {
  canUndo,
  mergeEntries,
  requiredRightOf,
  entryFromActivity,
  entryFromChange,
  undoTarget,
  undoneVersions,
} from '../src/stores/history-entry';
import type { HistoryEntry } from '../src/stores/history-entry';
import { Engine } from '../src/sync/engine';
import { emptyReplica } from '../src/sync/replica';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { ManualClock, promises } from './fake/clock';
import { ana, AT, change, item, listRow, snapshot } from './fake/rows';

const activity = (version: number, fields: Partial<Activity> = {}): Activity => ({
  version,
  at: AT,
  verb: 'item.ticked',
  actor: ana,
  op: null,
  changes: [{ item: 'milk', before: { name: 'Milk' }, after: { name: 'Milk' } }],
  undoes: null,
  undone_by: null,
  ...fields,
});
const past = (
  version: number,
  undoes: number | null = null,
  verb: Verb = 'item.ticked',
): HistoryEntry =>
  entryFromActivity(
    activity(version, { undoes, verb: undoes === null ? verb : 'undo' }),
    'Groceries',
  );
const undone = (...all: HistoryEntry[]): number[] => [...undoneVersions(all).keys()].sort();

describe('undoing', () => {
  it('takes what writing the inverse takes', () => {
    expect(
      (
        [
          'items.unticked',
          'item.added',
          'undo',
          'list.renamed',
          'member.role',
          'list.deleted',
        ] as const
      ).map(requiredRightOf),
    ).toEqual(['tick', 'edit', 'edit', 'manage', null, null]);
    const renamed = activity(2, {
      verb: 'undo',
      undoes: 1,
      changes: [{ list: 'one', before: {}, after: {} }],
    });
    expect(entryFromActivity(renamed, '').requiredRight).toBe('manage');
    const told = change(2, { verb: 'undo', undoes: 1, list: listRow('one') });
    expect(entryFromChange(told, emptyReplica('list:one')).requiredRight).toBe('manage');
  });

  it('is for those whose role allows it, and once', () => {
    const [tick, add] = [past(1), past(2, null, 'item.added')];
    expect(canUndo(tick, new Map(), 'viewer')).toBe(false);
    expect(canUndo(tick, new Map(), 'ticker')).toBe(true);
    expect(canUndo(add, new Map(), 'ticker')).toBe(false);
    expect(canUndo(add, undoneVersions([add, past(3, 2)]), 'owner')).toBe(false);
  });

  it('counts until it is undone itself', () => {
    expect(undone(past(1), past(2, 1))).toEqual([1]);
    expect(undone(past(1), past(2, 1), past(3, 2))).toEqual([2]);
    expect(undone(past(1), past(2, 1), past(3, 2), past(4, 3))).toEqual([1, 3]);
    expect(undone(past(1), past(2, 1), past(3, 2), past(4, 1))).toEqual([1, 2]);
  });

  it('knows what it undid', () => {
    expect(undoTarget(past(2, 1), [past(2, 1), past(1)])?.version).toBe(1);
    expect(undoTarget(past(2, 1), [])).toBeNull();
  });
});

describe('the past', () => {
  it('has each version once, newest first', () => {
    expect(
      mergeEntries([past(3), past(1)], [past(2), past(3, 1)]).map((one) => one.version),
    ).toEqual([3, 2, 1]);
  });
});

describe('history', () => {
  function opened(answer: (ask: HttpRequest) => unknown): {
    history: ListHistory;
    hear: (frames: ServerFrame[]) => void;
    asked: string[];
  } {
    let hear: (frames: ServerFrame[]) => void = () => undefined;
    const asked: string[] = [];
    const engine = new Engine(
      ({ onFrames }) => {
        hear = onFrames;
        return { send: vi.fn(), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      new ManualClock(),
      new MemoryOutboxStorage(),
    );
    const api = new Api(async <T>(ask: HttpRequest) => {
      asked.push(ask.path);
      return (await answer(ask)) as T;
    });
    engine.start();
    engine.watch('list:one');
    hear([snapshot(1, { items: [item('milk', { name: 'Milk' })] })]);
    const history = new ListHistory('one', api, engine);
    history.start();
    return { history, hear: (frames) => hear(frames), asked };
  }
  const pages = ({ path }: HttpRequest): unknown =>
    path.includes('cursor=c2')
      ? { results: [activity(1)], next: null }
      : { results: [activity(3), activity(2)], next: 'https://x/activities/?cursor=c2' };
  const versions = (history: ListHistory): number[] =>
    history.entries.map(({ version }) => version);

  it('reads a page, older ones when asked, and hears the rest', async () => {
    const { history, hear } = opened(pages);
    await promises();
    expect(versions(history)).toEqual([3, 2]);
    await history.loadOlder();
    expect(history.hasMore).toBe(false);
    hear([change(2, { verb: 'item.ticked', items: [item('milk')] })]);
    hear([snapshot(3)]);
    hear([change(4, { verb: 'undo', undoes: 3, items: [item('milk')] })]);
    await promises();
    expect(versions(history)).toEqual([4, 3, 2, 1]);
    expect(history.undone.get(3)?.version).toBe(4);
  });

  it('forgets the history of another epoch', async () => {
    const { history, hear } = opened(pages);
    await promises();
    await history.loadOlder();
    hear([snapshot(3, { epoch: 'bbbbbbbb' })]);
    expect(versions(history)).toEqual([]);
    await promises();
    expect(versions(history)).toEqual([3, 2]);
  });

  it('says row by row what forbids an undo', async () => {
    const { history } = opened((ask) => {
      if (ask.method === 'GET') return pages(ask);
      const rows = [{ item: 'milk', name: 'Milk', reason: 'was changed since' }];
      throw parseProblem(409, { detail: 'Not any more.', code: 'cannot_undo', rows }, null);
    });
    await promises();
    await history.undo(past(3));
    expect(history.refusal).toEqual({
      version: 3,
      text: 'Not any more.',
      rows: ['Milk was changed since'],
    });
  });

  it('shows an undo as soon as it is answered', async () => {
    const { history } = opened((ask) =>
      ask.method === 'GET' ? pages(ask) : activity(4, { verb: 'undo', undoes: 3 }),
    );
    await promises();
    await history.undo(past(3));
    expect(versions(history)).toEqual([4, 3, 2]);
    expect(history.undone.has(3)).toBe(true);
  });
});
