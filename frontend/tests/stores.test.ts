import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { Problem, unreachableProblem } from '../src/net/problem';
import { relativeTime } from '../src/stores/relative-time';
import { removeList, restoreList } from '../src/stores/list-removal';
import { Lists } from '../src/stores/lists.svelte';
import { nextPath, parsePath } from '../src/stores/route.svelte';
import { Pause } from '../src/stores/pause.svelte';
import { Samples } from '../src/stores/samples.svelte';
import { summaryOfActivity, summaryOfChange, activityText } from '../src/stores/activity-text';
import type { Activity, ListResponse } from '../src/protocol/rest';
import type { Change, ItemRow, OverviewRow, ServerFrame } from '../src/protocol/frames';
import { Engine } from '../src/sync/engine';
import { EMPTY_DIGEST } from '../src/sync/digest';
import { acknowledged, EMPTY_OUTBOX, queued } from '../src/sync/outbox';
import { applyFrame, emptyReplica } from '../src/sync/replica';
import { formatDuration, formatNumber } from '../src/ui/number-format';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { FakeBrowser } from './fake/storage';
import {
  ana,
  AT,
  change,
  DigestWriter,
  item,
  listRow,
  logSummary,
  snapshot,
  welcome,
} from './fake/rows';

const ben = { id: 4, name: 'Ben' };

function textOf(fields: Partial<Change>): string {
  const before = applyFrame(
    emptyReplica('list:one'),
    snapshot(1, { items: [item('Milk')] }),
  ).replica;
  return activityText(summaryOfChange(change(2, fields), before));
}

describe('the text of a change', () => {
  it('names ticked, added and removed items', () => {
    expect(textOf({ verb: 'item.ticked', items: [item('Milk')] })).toBe('Ana ticked Milk');
    expect(textOf({ verb: 'items.added', items: ['a', 'b', 'c'].map((id) => item(id)) })).toBe(
      'Ana added a, b, and c',
    );
    expect(textOf({ verb: 'item.removed', gone: ['Milk'] })).toBe('Ana removed Milk');
  });

  it('names joined and added members', () => {
    const members = [
      { ...ana, role: 'owner' as const },
      { ...ben, role: 'editor' as const },
    ];
    const list = listRow('one', { members });
    expect(textOf({ verb: 'member.joined', list })).toBe('Ana added Ben');
    expect(textOf({ verb: 'member.joined', list, actor: ben })).toBe('Ben joined');
  });

  it('names no user when a script made the change', () => {
    expect(textOf({ verb: 'item.ticked', items: [item('Milk')], actor: null })).toBe(
      'Someone ticked Milk',
    );
  });

  it('is the same for the activity log', () => {
    const summary = summaryOfActivity(
      { verb: 'item.removed', actor: ana, summary: logSummary(['Milk'], 1) },
      'Groceries',
    );
    expect(activityText(summary)).toBe('Ana removed Milk');
  });

  it('HIS-1 says from what to what a row was edited', () => {
    const edited = (fields: Partial<ItemRow>): string =>
      textOf({ verb: 'item.edited', items: [item('Milk', fields)] });
    expect(edited({ name: 'Oat milk' })).toBe('Ana renamed Milk to Oat milk');
    expect(edited({ quantity: '3 l' })).toBe('Ana set Milk to 3 l');
    expect(edited({ note: 'cold' })).toBe('Ana added a note to Milk: cold');
    expect(edited({ category: 'Dairy' })).toBe('Ana changed the aisle of Milk: – → Dairy');
    expect(edited({ name: 'Oat milk', quantity: '3 l' })).toBe(
      'Ana changed Oat milk: Name Milk → Oat milk, Quantity – → 3 l',
    );
    const members = [{ ...ana, role: 'editor' as const }];
    expect(textOf({ verb: 'member.role', list: listRow('one', { members }) })).toBe(
      'Ana changed the role of Ana: owner → can edit',
    );
    expect(textOf({ verb: 'list.renamed', list: listRow('one', { name: 'Weekend' }) })).toBe(
      'Ana renamed the list from Groceries to Weekend',
    );
  });

  it('HIS-1 says what an entry of the log changed', () => {
    const edited = (fields: Activity['summary']['fields']): string => {
      const summary = { ...logSummary(['Bread'], 1), fields };
      return activityText(summaryOfActivity({ verb: 'item.edited', actor: ana, summary }, ''));
    };
    expect(edited({ quantity: { before: '2', after: '3' } })).toBe('Ana changed Bread from 2 to 3');
    expect(edited({ quantity: { before: '2', after: '' } })).toBe(
      'Ana removed the quantity of Bread: 2',
    );
    expect(edited({ note: { before: 'dark, sliced', after: 'light' } })).toBe(
      'Ana changed the note of Bread: dark, sliced → light',
    );
    expect(edited({ note: { before: 'dark', after: '' } })).toBe(
      'Ana removed the note of Bread: dark',
    );
    expect(edited({})).toBe('Ana changed Bread');
  });

  it('HIS-1 does not show a long text in full', () => {
    const text = textOf({ verb: 'item.edited', items: [item('Milk', { note: 'x'.repeat(200) })] });
    expect(text).toBe(`Ana added a note to Milk: ${'x'.repeat(79)}…`);
  });

  it('counts more items than the activity log names', () => {
    const names = ['Milk', 'Eggs', 'Rice'];
    const textOfMany = (count: number): string =>
      activityText(
        summaryOfActivity(
          { verb: 'items.added', actor: ana, summary: logSummary(names.slice(0, count), count) },
          '',
        ),
      );
    expect(textOfMany(2)).toBe('Ana added Milk and Eggs');
    expect(textOfMany(500)).toBe('Ana added Milk, Eggs and 498 more');
  });
});

describe('formatting', () => {
  it('shows relative times', () => {
    const now = Date.parse(AT);
    const before = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
    expect([5, 120, 7200, 90_000].map((seconds) => relativeTime(before(seconds), now))).toEqual([
      'just now',
      '2 min ago',
      '2 hr ago',
      'yesterday',
    ]);
  });

  it('shortens numbers', () => {
    expect([3, 12.44, 1234, 91_233, 3_400_000].map(formatNumber)).toEqual([
      '3',
      '12.4',
      '1,234',
      '91.2k',
      '3.4M',
    ]);
    expect([null, 8.12, 320.4, 1200].map(formatDuration)).toEqual([
      '–',
      '8.1\u00a0ms',
      '320\u00a0ms',
      '1.2\u00a0s',
    ]);
  });
});

describe('the route', () => {
  it('parses paths to pages', () => {
    const id = '0b6e4f0e-8a51-4a0c-9a53-0e5a9d3b7c11';
    expect(parsePath(`/lists/${id}/`)).toEqual({ name: 'list', id });
    expect(
      ['/', '/signin/', '/setup/', '/join/', '/account/', '/lists/x/'].map(
        (path) => parsePath(path).name,
      ),
    ).toEqual(['lists', 'signin', 'setup', 'join', 'account', 'lists']);
  });

  it('allows only paths of this site after sign-in', () => {
    expect(nextPath('?next=/dashboard/')).toBe('/dashboard/');
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '']) {
      expect(nextPath(`?next=${encodeURIComponent(next)}`)).toBe('/');
    }
  });
});

describe('the samples', () => {
  it('keep earlier samples when a restarted server sends a new history', () => {
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
    const samples = new Samples(engine, new Pause(() => false));
    engine.start();
    const history = (...at: string[]): ServerFrame => ({
      type: 'subscribed',
      topic: 'requests',
      history: { at },
    });
    receive([history('10:00:01', '10:00:02')]);
    receive([history('10:00:02', '10:00:09')]);
    receive([history()]);
    expect(samples.all.map(({ at }) => at)).toEqual(['10:00:01', '10:00:02', '10:00:09']);
  });
});

describe('the overview of lists', () => {
  let hear: (frames: ServerFrame[]) => void;
  let lists: Lists;
  let engine: Engine;
  const send = vi.fn();
  const request = vi.fn<(request: HttpRequest) => Promise<unknown>>();

  const responseOf = (id: string, last: string): ListResponse => ({
    ...listRow(id, { name: id, last_interaction: last }),
    version: 1,
    epoch: 'aaaaaaaa',
    digest: EMPTY_DIGEST,
    role: 'owner',
    items_open: 3,
    items_total: 5,
    deleted_at: null,
  });
  const names = (): string[] => lists.all.map(({ name }) => name);
  const overviewRow = (id: string, last: string, version: number): OverviewRow => ({
    ...listRow(id, { name: id, last_interaction: last }),
    version,
    epoch: 'aaaaaaaa',
    digest: EMPTY_DIGEST,
    items_open: 1,
    items_total: 2,
  });
  const overview = (part: number, parts: number, ...rows: OverviewRow[]): ServerFrame => ({
    type: 'lists',
    topic: 'lists',
    part,
    parts,
    lists: rows,
  });
  const snapshotOf = (id: string, last: string): ServerFrame =>
    snapshot(1, {
      topic: `list:${id}`,
      list: listRow(id, { name: id, last_interaction: last }),
      items: [item('milk'), item('eggs', { purchased: true })],
    });

  beforeEach(async () => {
    send.mockClear();
    request.mockReset().mockReturnValue(new Promise(() => undefined));
    const api = new Api(<T>() =>
      Promise.resolve({
        results: [responseOf('old', '2026-01-01'), responseOf('new', '2026-01-02')],
      } as T),
    );
    engine = new Engine(
      ({ onFrames }) => {
        const { write } = new DigestWriter();
        hear = (frames) => {
          onFrames(frames.map(write));
        };
        return { send, close: vi.fn() };
      },
      <T>(sent: HttpRequest) => request(sent) as Promise<T>,
      new ManualClock(),
      paintAtOnce,
    );
    lists = new Lists(api, engine, () => ana);
    engine.start();
    await lists.load();
    await settlePromises();
  });

  it('subscribes to the overview and to no list', () => {
    hear([welcome('old', 'new')]);
    expect(send.mock.calls).toEqual([[{ type: 'subscribe', id: 1, topic: 'lists' }]]);
  });

  it('shows the API response until the overview arrives', () => {
    expect(names()).toEqual(['new', 'old']);
    expect(lists.all[0]).toMatchObject({ openCount: 3, totalCount: 5, role: 'owner' });
    hear([welcome('old', 'new'), overview(1, 1, overviewRow('new', '2026-01-02', 1))]);
    expect(names()).toEqual(['new']);
    expect(lists.all[0]).toMatchObject({ openCount: 1, totalCount: 2 });
  });

  it('OFF-8 deletes a list that the server does not have', async () => {
    request.mockRejectedValueOnce(new Problem(409, 'too_many_lists', 'You have 500 lists.'));
    const id = lists.create('Camping');
    engine.submit({ type: 'add', list: id, item: 'tent', fields: { name: 'Tent' } }, 'Tent');
    hear([welcome('old', 'new')]);
    await settlePromises();
    expect(names()).toContain('Camping');
    expect(await removeList(lists, engine, id)).toBe('dropped');
    expect(names()).not.toContain('Camping');
    expect(engine.outbox).toEqual([]);
    request.mockResolvedValueOnce(null);
    expect(await removeList(lists, engine, 'old')).toBe('in trash');
    expect(names()).toEqual(['new']);
    request.mockResolvedValueOnce(null);
    await restoreList(lists, engine, 'old');
    expect(names()).toEqual(['new', 'old']);
  });

  /** The server may have created this list: its response was lost. */
  async function createWithoutResponse(): Promise<string> {
    request.mockRejectedValueOnce(unreachableProblem());
    const id = lists.create('Camping');
    hear([welcome('old', 'new')]);
    await settlePromises();
    expect(engine.outbox).toMatchObject([{ state: 'waiting' }]);
    return id;
  }

  it('OFF-14 deletes a list on the server if the response to its creation was lost', async () => {
    const id = await createWithoutResponse();
    request.mockResolvedValueOnce(null);
    expect(await removeList(lists, engine, id)).toBe('in trash');
    const path = `shopping-lists/${id}/`;
    expect(request).toHaveBeenLastCalledWith(expect.objectContaining({ method: 'DELETE', path }));
    expect(engine.outbox).toEqual([]);
    expect(names()).not.toContain('Camping');
  });

  it('OFF-14 drops a list whose creation did not arrive', async () => {
    const id = await createWithoutResponse();
    request.mockRejectedValueOnce(new Problem(404, 'not_found', 'Not found.'));
    expect(await removeList(lists, engine, id)).toBe('dropped');
    expect(engine.outbox).toEqual([]);
  });

  it('OFF-14 keeps a list that the server may have while it does not answer', async () => {
    const id = await createWithoutResponse();
    request.mockRejectedValueOnce(unreachableProblem());
    await expect(removeList(lists, engine, id)).rejects.toThrow();
    expect(names()).toContain('Camping');
  });

  it('OFF-8 counts the items of a created list before its first snapshot arrives', async () => {
    request.mockImplementationOnce(({ body }) => {
      const { id: list } = body as { id: string };
      const created = responseOf(list, '2027-01-01');
      return Promise.resolve({ ...created, items_open: 0, items_total: 0 });
    });
    const id = lists.create('Camping');
    engine.submit({ type: 'add', list: id, item: 'tent', fields: { name: 'Tent' } }, 'Tent');
    expect(lists.all[0]).toMatchObject({ openCount: 1, totalCount: 1 });
    await settlePromises();
    expect(engine.outbox.map(({ state }) => state)).toEqual(['acknowledged', 'sending']);
    expect(lists.all[0]).toMatchObject({ openCount: 1, totalCount: 1 });
  });

  it('OFF-8 keeps a list that another tab has created until the overview has it', async () => {
    const browser = new FakeBrowser(new ManualClock());
    const { storage } = browser.openTab();
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    const edit = { type: 'create', list: 'one', name: 'Camping', owner: ana } as const;
    browser.outbox = queued(EMPTY_OUTBOX, { op: 'op', edit, label: '', createdAt: 0 });
    void engine.open(ana.id, storage);
    await stepAll();
    browser.outbox = acknowledged(
      browser.outbox,
      'op',
      { version: 1 },
      { now: 0, conflictOps: [] },
    );
    engine.resume();
    await stepAll();
    hear([welcome('old', 'new')]);
    expect(engine.isWatched('list:one')).toBe(true);
    hear([snapshot(1, { list: listRow('one', { name: 'Camping' }) })]);
    expect(engine.outbox).toEqual([]);
    expect(names()).toContain('Camping');
    hear([{ type: 'left', list: 'one' }]);
    expect(names()).not.toContain('Camping');
  });

  it('joins the parts of an overview', () => {
    hear([welcome(), overview(1, 2, overviewRow('one', '2026-01-02', 1))]);
    expect(names()).toEqual(['new', 'old']);
    hear([overview(2, 2, overviewRow('two', '2026-01-01', 1))]);
    expect(names()).toEqual(['one', 'two']);
  });

  it('moves a changed list to the top', () => {
    hear([welcome('old', 'new')]);
    hear([{ type: 'list', topic: 'lists', list: overviewRow('old', '2026-01-03', 2) }]);
    expect(names()).toEqual(['old', 'new']);
    expect(lists.all[0]?.openCount).toBe(1);
  });

  it('shows the open list as its replica has it, until the overview is newer', () => {
    engine.watch('list:old');
    hear([welcome('old', 'new'), snapshotOf('old', '2026-01-01')]);
    hear([change(2, { topic: 'list:old', at: '2026-01-03', items: [item('tea')] })]);
    expect(lists.all[0]).toMatchObject({ id: 'old', openCount: 2, totalCount: 3 });
    engine.closeList('old');
    hear([{ type: 'list', topic: 'lists', list: overviewRow('old', '2026-01-03', 3) }]);
    expect(lists.all[0]).toMatchObject({ id: 'old', openCount: 1, totalCount: 2 });
  });

  it('counts unsaved edits of the user', () => {
    engine.watch('list:new');
    hear([welcome('old', 'new'), snapshotOf('new', '2026-01-02')]);
    engine.submit(
      { type: 'change', list: 'new', item: 'milk', fields: { purchased: true } },
      'milk',
    );
    expect(lists.all[0]?.openCount).toBe(0);
  });

  it('adds joined lists and drops lost ones', () => {
    hear([welcome('old', 'new')]);
    hear([
      {
        type: 'joined',
        list: { id: 'third', epoch: 'aaaaaaaa', version: 1, digest: EMPTY_DIGEST },
      },
    ]);
    hear([{ type: 'list', topic: 'lists', list: overviewRow('third', '2026-01-09', 1) }]);
    expect(names()).toEqual(['third', 'new', 'old']);
    hear([{ type: 'left', list: 'new' }]);
    expect(names()).toEqual(['third', 'old']);
  });

  it('drops lists that were lost while disconnected', () => {
    hear([welcome('new'), overview(1, 1, overviewRow('new', '2026-01-02', 1))]);
    expect(names()).toEqual(['new']);
  });
});
