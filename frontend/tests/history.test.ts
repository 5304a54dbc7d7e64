import { describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { Ask } from '../src/net/http';
import { problemOf } from '../src/net/problem';
import type { Activity, Verb } from '../src/protocol/rest';
import type { ServerFrame } from '../src/protocol/types';
import { History } from '../src/stores/history.svelte';
import { canUndo, merged, needsOf, pastIn, pastOf, targetOf, undoneIn } from '../src/stores/past';
import type { Past } from '../src/stores/past';
import { Engine } from '../src/sync/engine';
import { emptyReplica } from '../src/sync/replica';
import { MemoryShelf } from '../src/sync/shelf';
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
const past = (version: number, undoes: number | null = null, verb: Verb = 'item.ticked'): Past =>
  pastIn(activity(version, { undoes, verb: undoes === null ? verb : 'undo' }), 'Groceries');
const undone = (...all: Past[]): number[] => [...undoneIn(all).keys()].sort();

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
      ).map(needsOf),
    ).toEqual(['tick', 'edit', 'edit', 'manage', null, null]);
    const renamed = activity(2, {
      verb: 'undo',
      undoes: 1,
      changes: [{ list: 'one', before: {}, after: {} }],
    });
    expect(pastIn(renamed, '').needs).toBe('manage');
    const told = change(2, { verb: 'undo', undoes: 1, list: listRow('one') });
    expect(pastOf(told, emptyReplica('list:one')).needs).toBe('manage');
  });

  it('is for those whose role allows it, and once', () => {
    const [tick, add] = [past(1), past(2, null, 'item.added')];
    expect(canUndo(tick, new Map(), 'viewer')).toBe(false);
    expect(canUndo(tick, new Map(), 'ticker')).toBe(true);
    expect(canUndo(add, new Map(), 'ticker')).toBe(false);
    expect(canUndo(add, undoneIn([add, past(3, 2)]), 'owner')).toBe(false);
  });

  it('counts until it is undone itself', () => {
    expect(undone(past(1), past(2, 1))).toEqual([1]);
    expect(undone(past(1), past(2, 1), past(3, 2))).toEqual([2]);
    expect(undone(past(1), past(2, 1), past(3, 2), past(4, 3))).toEqual([1, 3]);
    expect(undone(past(1), past(2, 1), past(3, 2), past(4, 1))).toEqual([1, 2]);
  });

  it('knows what it undid', () => {
    expect(targetOf(past(2, 1), [past(2, 1), past(1)])?.version).toBe(1);
    expect(targetOf(past(2, 1), [])).toBeNull();
  });
});

describe('the past', () => {
  it('has each version once, newest first', () => {
    expect(merged([past(3), past(1)], [past(2), past(3, 1)]).map((one) => one.version)).toEqual([
      3, 2, 1,
    ]);
  });
});

describe('history', () => {
  function opened(answer: (ask: Ask) => unknown): {
    history: History;
    hear: (frames: ServerFrame[]) => void;
    asked: string[];
  } {
    let hear: (frames: ServerFrame[]) => void = () => undefined;
    const asked: string[] = [];
    const engine = new Engine(
      ({ frames }) => {
        hear = frames;
        return { send: vi.fn(), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      new ManualClock(),
      new MemoryShelf(),
    );
    const api = new Api(async <T>(ask: Ask) => {
      asked.push(ask.path);
      return (await answer(ask)) as T;
    });
    engine.start();
    engine.follow('list:one');
    hear([snapshot(1, { items: [item('milk', { name: 'Milk' })] })]);
    const history = new History('one', api, engine);
    history.start();
    return { history, hear: (frames) => hear(frames), asked };
  }
  const pages = ({ path }: Ask): unknown =>
    path.includes('cursor=c2')
      ? { results: [activity(1)], next: null }
      : { results: [activity(3), activity(2)], next: 'https://x/activities/?cursor=c2' };
  const versions = (history: History): number[] => history.all.map(({ version }) => version);

  it('reads a page, older ones when asked, and hears the rest', async () => {
    const { history, hear } = opened(pages);
    await promises();
    expect(versions(history)).toEqual([3, 2]);
    await history.older();
    expect(history.more).toBe(false);
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
    await history.older();
    hear([snapshot(3, { epoch: 'bbbbbbbb' })]);
    expect(versions(history)).toEqual([]);
    await promises();
    expect(versions(history)).toEqual([3, 2]);
  });

  it('says row by row what forbids an undo', async () => {
    const { history } = opened((ask) => {
      if (ask.method === 'GET') return pages(ask);
      const rows = [{ item: 'milk', name: 'Milk', reason: 'was changed since' }];
      throw problemOf(409, { detail: 'Not any more.', code: 'cannot_undo', rows }, null);
    });
    await promises();
    await history.undo(past(3));
    expect(history.refused).toEqual({
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
