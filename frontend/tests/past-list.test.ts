import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Http, HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { ItemRow } from '../src/protocol/frames';
import { editTimesOf, MINUTES } from '../src/stores/edit-times.svelte';
import { differenceOf, differenceText } from '../src/stores/list-difference';
import { ListsView, searchOf } from '../src/stores/lists-view.svelte';
import { MAX_AGE, PastList } from '../src/stores/past-list.svelte';
import { sectionOfPath } from '../src/stores/section.svelte';
import { changesOverTime, weekPattern } from '../src/stores/week-pattern';
import { emptyReplica } from '../src/sync/replica';
import { ConnectedEngine } from './fake/connected-engine';
import { AT, item, listRow, logSummary, welcome } from './fake/rows';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-22T12:00:30Z');

describe('the address of the lists section', () => {
  it('has the list and the moment', () => {
    const view = new ListsView('?list=one&at=2026-11-22T10%3A00%3A00.123Z');
    expect(view.listId).toBe('one');
    expect(view.at).toBe(Date.parse('2026-11-22T10:00:00.123Z'));
    expect(view.search).toBe('?list=one&at=2026-11-22T10%3A00%3A00.123Z');
    expect(new ListsView(view.search).at).toBe(view.at);
    expect(searchOf('one')).toBe('?list=one');
  });

  it('is ignored where it is wrong', () => {
    expect(new ListsView('?list=one&at=yesterday').at).toBeNull();
    expect(new ListsView('?at=2026-11-22T10:00:00Z')).toMatchObject({ listId: null, at: null });
    expect(new ListsView('').search).toBe('');
  });

  it('belongs to the section', () => {
    expect(sectionOfPath('/dashboard/lists/')).toBe('lists');
    expect(sectionOfPath('/dashboard/lists/?list=one')).toBe('lists');
  });
});

describe('the difference to an earlier state', () => {
  const then = [item('a'), item('b'), item('c', { purchased: true }), item('d'), item('e')];
  const now = (...items: ItemRow[]): Map<string, ItemRow> =>
    new Map(items.map((row) => [row.id, row]));

  it('says of each item what happened since', () => {
    const difference = differenceOf(
      then,
      now(
        item('a', { version: 9, updated_at: 'later' }),
        item('b', { purchased: true }),
        item('c'),
        item('d', { note: 'dark' }),
        item('f'),
      ),
    );
    expect(Object.fromEntries(difference.items)).toEqual({
      b: 'ticked since',
      c: 'unticked since',
      d: 'changed since',
      e: 'removed since',
    });
    expect(difference.addedSince).toBe(1);
    expect(differenceText(difference)).toBe(
      'Since then: 1 added, 1 ticked, 1 unticked, 1 changed, 1 removed.',
    );
  });

  it('sees another purchase of the same item', () => {
    const bought = { purchased: true, purchased_at: AT };
    const difference = differenceOf(
      [item('a', bought)],
      now(item('a', { ...bought, purchased_at: '2026-11-22T11:00:00Z' })),
    );
    expect(difference.items.get('a')).toBe('changed since');
  });

  it('is none for the same items', () => {
    const same = differenceOf(then, now(...then));
    expect(differenceText(same)).toBe('The items are the same now.');
  });
});

describe('the hours of the week', () => {
  it('are those of this device, from Monday', () => {
    const monday = new Date(2026, 10, 23, 8, 15).getTime() / 1000;
    const sunday = new Date(2026, 10, 29, 23, 45).getTime() / 1000;
    const pattern = weekPattern([monday, monday + 900, sunday], [2, 3, 4]);
    expect(pattern.days[0]?.[8]).toBe(5);
    expect(pattern.days[6]?.[23]).toBe(4);
    expect(pattern).toMatchObject({ total: 9, most: 5, busiest: { day: 0, hour: 8 } });
    expect(weekPattern([], [])).toMatchObject({ total: 0, most: 0, busiest: null });
  });

  it('are bars of a time, without what is before it', () => {
    const start = 1_800_000_000;
    const time = { from: start * 1000, to: start * 1000 + HOUR, bars: 4 };
    const quarters = [start - 900, start, start + 900, start + 2700];
    expect(changesOverTime(quarters, [9, 1, 2, 3], time)).toEqual([1, 2, 0, 3]);
  });
});

describe('the edits of the last minutes', () => {
  const entry = (list: string, at: number, version: number): object => ({
    list,
    epoch: 'aaaaaaaa',
    version,
    at: new Date(at).toISOString(),
    actor: null,
    verb: 'item.ticked',
    summary: logSummary(['Milk'], 1),
  });

  it('are counted by minute, and are unknown before the oldest known change', () => {
    const connected = new ConnectedEngine();
    connected.engine.start();
    connected.receive(welcome());
    const entries = Array.from({ length: 50 }, (_, index) => ({
      listId: 'one',
      at: new Date(NOW - index * 12_000).toISOString(),
    }));
    const times = editTimesOf(connected.engine, entries);
    const before = times.minutesOf('one', NOW);
    expect(before).toHaveLength(MINUTES);
    expect(before.slice(0, 20).every((count) => count === null)).toBe(true);
    expect(before.slice(-2)).toEqual([5, 6]);
    connected.receive({
      type: 'newest',
      topic: 'activity:newest',
      entries: [entry('two', NOW - 1000, 2)],
      more: { two: 20 },
    } as never);
    expect(times.minutesOf('two', NOW).at(-1)).toBe(21);
    expect(times.minutesOf('two', NOW + 60_000).slice(-2)).toEqual([21, 0]);
    expect(editTimesOf(connected.engine, [])).toBe(times);
    connected.receive({ type: 'left', list: 'two' });
    expect(times.minutesOf('two', NOW).at(-1)).toBe(0);
  });

  it('are all known if the server sent fewer than it keeps', () => {
    const { engine } = new ConnectedEngine();
    const times = editTimesOf(engine, [{ listId: 'one', at: new Date(NOW).toISOString() }]);
    expect(times.minutesOf('one', NOW)).toEqual([...new Array<number>(MINUTES - 1).fill(0), 1]);
    expect(times.minutesOf('other', NOW).every((count) => count === 0)).toBe(true);
  });
});

describe('a list as it was', () => {
  const snapshotOf = (version: number): object => ({
    epoch: 'aaaaaaaa',
    version,
    digest: 'd',
    list: listRow('one', { last_interaction: '2026-11-22T10:00:00.123456Z' }),
    items: [item('a')],
  });
  let requests: HttpRequest[];
  let respond: (request: HttpRequest) => unknown;

  function createPast(version = 9): PastList {
    const http: Http = async <T>(request: HttpRequest): Promise<T> => {
      requests.push(request);
      return (await respond(request)) as T;
    };
    const replica = { ...emptyReplica('list:one'), epoch: 'aaaaaaaa', version, digest: 'abc' };
    return new PastList('one', { http, replica: () => replica } as never);
  }

  beforeEach(() => {
    vi.useFakeTimers();
    requests = [];
    respond = () => snapshotOf(7);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is read when the slider rests', async () => {
    const past = createPast();
    past.show(NOW - 2000);
    past.show(NOW - 1000);
    expect(past.isLoading).toBe(true);
    await vi.runAllTimersAsync();
    expect(requests.map(({ path }) => path)).toEqual([
      `shopping-lists/one/snapshot/?at=${encodeURIComponent(new Date(NOW - 1000).toISOString())}`,
    ]);
    expect(past.snapshot?.version).toBe(7);
    expect(past.isLoading).toBe(false);
    past.show(null);
    expect(past.snapshot).toBeNull();
  });

  it('ignores the response for a moment that is not wanted any more', async () => {
    const resolvers: ((value: unknown) => void)[] = [];
    respond = () => new Promise((resolve) => resolvers.push(resolve));
    const past = createPast();
    past.show(NOW);
    await vi.runAllTimersAsync();
    past.show(NOW + 1);
    await vi.runAllTimersAsync();
    resolvers[1]?.(snapshotOf(8));
    await vi.runAllTimersAsync();
    resolvers[0]?.(snapshotOf(3));
    await vi.runAllTimersAsync();
    expect(past.snapshot?.version).toBe(8);
  });

  it('goes from change to change, with a moment that is not before the change', async () => {
    const past = createPast();
    expect(await past.step(-1)).toBe(Date.parse('2026-11-22T10:00:00.124Z'));
    expect(requests[0]?.path).toBe('shopping-lists/one/snapshot/?version=8');
    expect(past.isNewest).toBe(false);
    await past.step(1);
    expect(requests[1]?.path).toBe('shopping-lists/one/snapshot/?version=8');
  });

  it('says why a moment cannot be read', async () => {
    respond = () => {
      throw parseProblem(404, { code: 'not_in_log', detail: 'Back to Monday.' }, null);
    };
    const past = createPast();
    expect(await past.step(-1)).toBeNull();
    expect(past.error).toBe('Back to Monday.');
  });

  it('is put back for the version that the page shows, and undone', async () => {
    const past = createPast();
    await past.step(-1);
    respond = () => ({ version: 10 });
    await past.putBack();
    expect(requests.at(-1)).toMatchObject({
      method: 'POST',
      path: 'shopping-lists/one/activities/7/put-back/',
      ifMatch: '"9-abc"',
    });
    expect(past.putBackVersion).toBe(10);
    await past.undo();
    expect(requests.at(-1)?.path).toBe('shopping-lists/one/activities/10/undo/');
    expect(past.putBackVersion).toBeNull();
  });

  it('is not put back if the list has moved on', async () => {
    const past = createPast();
    await past.step(-1);
    respond = () => {
      throw parseProblem(412, { code: 'precondition_failed', detail: 'x' }, null);
    };
    await past.putBack();
    expect(past.error).toMatch(/^The list was changed at this moment/);
    expect(past.putBackVersion).toBeNull();
  });

  it('counts the changes that arrive, and begins with its log', async () => {
    const quarter = Date.parse('2026-11-22T10:00:00Z') / 1000;
    respond = () => ({
      epoch: 'aaaaaaaa',
      version: 9,
      begins_at: '2026-11-22T09:00:00Z',
      begins_version: 1,
      counted_from: AT,
      quarters: [quarter],
      changes: [4],
    });
    const past = createPast();
    expect(past.start(NOW)).toBe(NOW - MAX_AGE);
    await past.loadCounts();
    expect(past.start(NOW)).toBe(Date.parse('2026-11-22T09:00:00.001Z'));
    past.countChange({ version: 9, at: '2026-11-22T10:01:00Z' });
    past.countChange({ version: 10, at: '2026-11-22T10:02:00Z' });
    past.countChange({ version: 11, at: '2026-11-22T10:20:00Z' });
    expect(past.counts).toMatchObject({ quarters: [quarter, quarter + 900], changes: [5, 1] });
  });
});
