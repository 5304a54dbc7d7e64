import { describe, expect, it, vi } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { Activity, Verb } from '../src/protocol/rest';
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
import { groupRuns } from '../src/stores/history-runs';
import { activityText } from '../src/stores/activity-text';
import { Engine } from '../src/sync/engine';
import { EMPTY_DIGEST } from '../src/sync/digest';
import { emptyReplica } from '../src/sync/replica';
import { createFakeApi } from './fake/api';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, AT, change, DigestWriter, item, listRow, logSummary, snapshot } from './fake/rows';

const activity = (version: number, fields: Partial<Activity> = {}): Activity => ({
  version,
  digest: EMPTY_DIGEST,
  at: AT,
  verb: 'item.ticked',
  actor: ana,
  op: null,
  summary: logSummary(['Milk'], 1),
  undoes: null,
  undone_by: null,
  ...fields,
});
const entryAt = (
  version: number,
  undoes: number | null = null,
  verb: Verb = 'item.ticked',
): HistoryEntry =>
  entryFromActivity(
    activity(version, { undoes, verb: undoes === null ? verb : 'undo' }),
    'Groceries',
  );
const undoneBy = (...all: HistoryEntry[]): number[] => [...undoneVersions(all).keys()].sort();

describe('undoing a change', () => {
  it('requires the right for the inverse edit', () => {
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
      summary: { ...logSummary([], 0), list_changed: true },
    });
    expect(entryFromActivity(renamed, '').requiredRight).toBe('manage');
    const frame = change(2, { verb: 'undo', undoes: 1, list: listRow('one') });
    expect(entryFromChange(frame, emptyReplica('list:one')).requiredRight).toBe('manage');
  });

  it('is allowed for sufficient roles, and once', () => {
    const [tick, add] = [entryAt(1), entryAt(2, null, 'item.added')];
    expect(canUndo(tick, new Map(), 'viewer')).toBe(false);
    expect(canUndo(tick, new Map(), 'ticker')).toBe(true);
    expect(canUndo(add, new Map(), 'ticker')).toBe(false);
    expect(canUndo(add, undoneVersions([add, entryAt(3, 2)]), 'owner')).toBe(false);
  });

  it('counts until the undo is undone', () => {
    expect(undoneBy(entryAt(1), entryAt(2, 1))).toEqual([1]);
    expect(undoneBy(entryAt(1), entryAt(2, 1), entryAt(3, 2))).toEqual([2]);
    expect(undoneBy(entryAt(1), entryAt(2, 1), entryAt(3, 2), entryAt(4, 3))).toEqual([1, 3]);
    expect(undoneBy(entryAt(1), entryAt(2, 1), entryAt(3, 2), entryAt(4, 1))).toEqual([1, 2]);
  });

  it('finds the change that was undone', () => {
    expect(undoTarget(entryAt(2, 1), [entryAt(2, 1), entryAt(1)])?.version).toBe(1);
    expect(undoTarget(entryAt(2, 1), [])).toBeNull();
  });
});

describe('history entries', () => {
  it('are merged by version, newest first', () => {
    expect(
      mergeEntries([entryAt(3), entryAt(1)], [entryAt(2), entryAt(3, 1)]).map(
        (entry) => entry.version,
      ),
    ).toEqual([3, 2, 1]);
  });
});

describe('runs of the history', () => {
  const at = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();
  const ticked = (version: number, name: string, fields: Partial<Activity> = {}): HistoryEntry =>
    entryFromActivity(
      activity(version, { at: at(version), summary: logSummary([name], 1), ...fields }),
      '',
    );
  const runsOf = (...oldestFirst: HistoryEntry[]): number[][] =>
    groupRuns(mergeEntries([], oldestFirst)).map(({ entries }) =>
      entries.map(({ version }) => version),
    );

  it('HIS-2 has changes of one kind by one user, one after another', () => {
    const ben = { id: 4, name: 'Ben' };
    expect(runsOf(ticked(1, 'Milk'), ticked(2, 'Bread'), ticked(3, 'Eggs'))).toEqual([[3, 2, 1]]);
    expect(runsOf(ticked(1, 'Milk'), ticked(2, 'Milk', { actor: ben }), ticked(3, 'Eggs'))).toEqual(
      [[3], [2], [1]],
    );
    expect(runsOf(ticked(1, 'Milk'), ticked(2, 'Milk', { verb: 'item.unticked' }))).toEqual([
      [2],
      [1],
    ]);
    expect(runsOf(ticked(1, 'Milk'), ticked(2, 'Bread', { verb: 'items.ticked' }))).toEqual([
      [2, 1],
    ]);
  });

  it('HIS-2 ends with a pause, a change that is not known, and a change of something else', () => {
    expect(runsOf(ticked(1, 'Milk'), ticked(2, 'Bread', { at: at(7) }))).toEqual([[2], [1]]);
    expect(runsOf(ticked(1, 'Milk'), ticked(3, 'Bread'))).toEqual([[3], [1]]);
    const undo = { verb: 'undo', undoes: 1 } as const;
    expect(runsOf(ticked(2, 'Milk', undo), ticked(3, 'Milk', undo))).toEqual([[3], [2]]);
    const edit = { verb: 'item.edited' } as const;
    expect(runsOf(ticked(1, 'Milk', edit), ticked(2, 'Eggs', edit))).toEqual([[2], [1]]);
    const role = { verb: 'member.role' } as const;
    expect(runsOf(ticked(1, 'Ana', role), ticked(2, 'Ana', role))).toEqual([[2], [1]]);
  });

  it('HIS-2 names its newest items and counts the others', () => {
    const names = ['Rice', 'Tea', 'Eggs', 'Bread', 'Milk'];
    const textOf = (...entries: HistoryEntry[]): string[] =>
      groupRuns(mergeEntries([], entries)).map(({ summary }) => activityText(summary));
    expect(textOf(...names.map((name, index) => ticked(index + 1, name)))).toEqual([
      'Ana ticked Milk, Bread and 3 more',
    ]);
    expect(textOf(ticked(1, 'Milk'), ticked(2, 'Milk'))).toEqual(['Ana ticked Milk']);
    const bulk = {
      summary: logSummary(['Milk', 'Eggs', 'Tea'], 20),
      verb: 'items.ticked',
    } as const;
    expect(textOf(ticked(1, 'Rice'), ticked(2, '', bulk))).toEqual([
      'Ana ticked Milk, Eggs and 19 more',
    ]);
  });
});

describe('the history of a list', () => {
  function openHistory(
    respondTo: (request: HttpRequest) => unknown,
    of: string | null = null,
  ): {
    history: ListHistory;
    receive: (frames: ServerFrame[]) => void;
  } {
    let receive: (frames: ServerFrame[]) => void = () => undefined;
    const engine = new Engine(
      ({ onFrames }) => {
        receive = onFrames;
        return { send: vi.fn(), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      new ManualClock(),
      paintAtOnce,
    );
    const { api } = createFakeApi(respondTo);
    engine.start();
    engine.watch('list:one');
    const { write } = new DigestWriter();
    receive([write(snapshot(1, { items: [item('milk', { name: 'Milk' })] }))]);
    const history = new ListHistory('one', api, engine, of);
    history.start();
    return { history, receive: (frames) => receive(frames.map(write)) };
  }
  const respond = ({ path }: HttpRequest): unknown =>
    path.includes('cursor=c2')
      ? { results: [activity(1)], next: null }
      : { results: [activity(3), activity(2)], next: 'https://x/activities/?cursor=c2' };
  const versions = (history: ListHistory): number[] =>
    history.entries.map(({ version }) => version);

  it('loads pages on request, and adds live changes', async () => {
    const { history, receive } = openHistory(respond);
    await settlePromises();
    expect(versions(history)).toEqual([3, 2]);
    await history.loadOlder();
    expect(history.hasMore).toBe(false);
    receive([change(2, { verb: 'item.ticked', items: [item('milk')] })]);
    receive([snapshot(3)]);
    receive([change(4, { verb: 'undo', undoes: 3, items: [item('milk')] })]);
    await settlePromises();
    expect(versions(history)).toEqual([4, 3, 2, 1]);
    expect(history.undoneBy.get(3)?.version).toBe(4);
  });

  it('HIS-3 of one item has its changes only', async () => {
    const paths: string[] = [];
    const { history, receive } = openHistory(({ path }) => {
      paths.push(path);
      return { results: [activity(9), activity(2)], next: null };
    }, 'milk');
    await settlePromises();
    expect(paths).toEqual(['shopping-lists/one/activities/?item=milk&page_size=20']);
    expect(versions(history)).toEqual([9, 2]);
    receive([change(2, { items: [item('milk')] })]);
    receive([change(3, { items: [item('eggs')] })]);
    receive([change(4, { gone: ['milk'] })]);
    expect(versions(history)).toEqual([9, 4, 2]);
  });

  it('drops the entries of another epoch', async () => {
    const { history, receive } = openHistory(respond);
    await settlePromises();
    await history.loadOlder();
    receive([snapshot(3, { epoch: 'bbbbbbbb' })]);
    expect(versions(history)).toEqual([]);
    await settlePromises();
    expect(versions(history)).toEqual([3, 2]);
  });

  it('drops the entries of a history that was rewritten', async () => {
    const { history, receive } = openHistory(respond);
    await settlePromises();
    await history.loadOlder();
    receive([snapshot(4)]);
    await settlePromises();
    expect(versions(history)).toEqual([3, 2, 1]);
    receive([snapshot(3)]);
    expect(versions(history)).toEqual([]);
    await settlePromises();
    expect(versions(history)).toEqual([3, 2]);
  });

  it('shows the reason for each row when an undo is refused', async () => {
    const { history } = openHistory((request) => {
      if (request.method === 'GET') return respond(request);
      const rows = [{ item: 'milk', name: 'Milk', reason: 'was changed since' }];
      throw parseProblem(409, { detail: 'Not any more.', code: 'cannot_undo', rows }, null);
    });
    await settlePromises();
    await history.undo(entryAt(3));
    expect(history.refusal).toEqual({
      version: 3,
      text: 'Not any more.',
      rows: ['Milk was changed since'],
    });
  });

  it('shows an undo when the server responds', async () => {
    const { history } = openHistory((request) =>
      request.method === 'GET' ? respond(request) : activity(4, { verb: 'undo', undoes: 3 }),
    );
    await settlePromises();
    await history.undo(entryAt(3));
    expect(versions(history)).toEqual([4, 3, 2]);
    expect(history.undoneBy.has(3)).toBe(true);
  });
});
