import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokenSocketOpener, PING_INTERVAL } from '../src/net/token-socket';
import type { OverviewRow, ServerFrame } from '../src/protocol/frames';
import { MAX_ITEMS, MAX_LISTS, WallBoard, wallSentence } from '../src/stores/wall-board.svelte';
import { WallLink } from '../src/stores/wall-link.svelte';
import { forgetWallToken, takeWallToken } from '../src/stores/wall-secret';
import { ConnectedEngine } from './fake/connected-engine';
import { AT, item, listRow, logSummary, snapshot, welcome } from './fake/rows';

const NOW = Date.parse(AT);

const overview = (id: string, fields: Partial<OverviewRow> = {}): OverviewRow => ({
  ...listRow(id),
  epoch: 'aaaaaaaa',
  version: 1,
  digest: '0'.repeat(16),
  items_open: 2,
  items_total: 3,
  ...fields,
});

const lists = (...rows: OverviewRow[]): ServerFrame => ({
  type: 'lists',
  topic: 'lists',
  part: 1,
  parts: 1,
  lists: rows,
});

describe('the token of a wall screen', () => {
  const storage = (): Storage & { values: Map<string, string> } => {
    const values = new Map<string, string>();
    return {
      values,
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => values.set(key, value),
      removeItem: (key: string) => values.delete(key),
    } as never;
  };

  it('goes from the address bar into the storage of this browser', () => {
    const kept = storage();
    const history = { replaceState: vi.fn() };
    expect(takeWallToken({ hash: '#trl_abc' }, history, kept)).toBe('trl_abc');
    expect(history.replaceState).toHaveBeenCalledWith(null, '', '/wall/');
    expect(takeWallToken({ hash: '' }, history, kept)).toBe('trl_abc');
    forgetWallToken(kept);
    expect(takeWallToken({ hash: '' }, history, kept)).toBeNull();
  });

  it('works without a storage', () => {
    const refuse = (): never => {
      throw new Error('SecurityError');
    };
    const closed = { getItem: refuse, setItem: refuse, removeItem: refuse };
    const history = { replaceState: vi.fn() };
    expect(takeWallToken({ hash: '#trl_abc' }, history, closed)).toBe('trl_abc');
    expect(takeWallToken({ hash: '' }, history, closed)).toBeNull();
    forgetWallToken(closed);
  });

  it('is created for reading one list only', async () => {
    const createToken = vi.fn().mockResolvedValue({ token: 'trl_abc' });
    const link = new WallLink({ createToken }, 'https://trolley.example');
    await link.create({ id: 'one', name: 'Groceries' });
    expect(createToken).toHaveBeenCalledWith(
      { name: 'Wall screen: Groceries', scope: 'read', list: 'one', expires_in: null },
      expect.any(String),
    );
    expect(link.address).toBe('https://trolley.example/wall/#trl_abc');
    link.forget();
    expect(link.address).toBeNull();
    await link.create({ id: 'one', name: '🥛'.repeat(200) });
    const { name } = createToken.mock.lastCall?.[0] as { name: string };
    expect(Array.from(name)).toHaveLength(100);
  });
});

describe('the socket of a wall screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', { OPEN: 1 });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('has the token in its first frame, and asks the server whether it is there', () => {
    const sent: string[] = [];
    const socket = {
      readyState: 1,
      send: (text: string) => sent.push(text),
      close: vi.fn(),
    } as unknown as WebSocket;
    const create = vi.fn(() => socket);
    const onClose = vi.fn();
    const open = createTokenSocketOpener('wss://trolley.example/ws/', 'trl_abc', create);
    open({ onFrames: vi.fn(), onClose });
    expect(create).toHaveBeenCalledWith('wss://trolley.example/ws/?auth=frame');
    socket.onopen?.({} as Event);
    expect(JSON.parse(sent[0] ?? '')).toEqual({ type: 'auth', token: 'trl_abc' });
    vi.advanceTimersByTime(PING_INTERVAL);
    expect(JSON.parse(sent[1] ?? '')).toEqual({ type: 'ping' });
    socket.onclose?.({ code: 4503 } as CloseEvent);
    expect(onClose).toHaveBeenCalledWith(4503);
    vi.advanceTimersByTime(10 * PING_INTERVAL);
    expect(sent).toHaveLength(2);
  });
});

describe('the board of a wall screen', () => {
  let connected: ConnectedEngine;
  let board: WallBoard;
  let scheduled: { delay: number; run: () => void }[];

  beforeEach(() => {
    connected = new ConnectedEngine();
    scheduled = [];
    board = new WallBoard(
      connected.engine,
      () => NOW,
      (delay, run) => scheduled.push({ delay, run }),
    );
    board.start();
    connected.receive(welcome());
  });

  const subscribed = (): string[] =>
    connected.send.mock.calls
      .map(([frame]) => frame as { type: string; topic?: string })
      .filter(({ type }) => type === 'subscribe')
      .map(({ topic }) => topic ?? '');

  it('follows the newest lists, and not the items of long ones', () => {
    const rows = Array.from({ length: MAX_LISTS + 2 }, (_, index) =>
      overview(`l${index}`, { last_interaction: `2026-11-22T1${index}:00:00Z` }),
    );
    connected.receive(lists(...rows, overview('long', { items_total: MAX_ITEMS + 1 })));
    expect(
      subscribed()
        .filter((topic) => topic.startsWith('list:'))
        .sort(),
    ).toEqual(['l2', 'l3', 'l4', 'l5', 'l6', 'l7'].map((id) => `list:${id}`));
    expect(board.lists).toHaveLength(rows.length + 1);
    expect(board.lists[0]).toMatchObject({ id: 'l7', openCount: 2, open: null });
  });

  it('shows the open items in their order, and whether they are those of the server', () => {
    connected.receive(lists(overview('one')));
    const rows = [item('b'), item('a'), item('c', { purchased: true })];
    connected.receive(snapshot(1, { items: rows }));
    expect(board.lists[0]).toMatchObject({ openCount: 2, totalCount: 3, isIdentical: true });
    expect(board.lists[0]?.open?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('keeps the newest activities, and drops those of a list that was lost', () => {
    const entry = (list: string, version: number): never =>
      ({
        list,
        epoch: 'aaaaaaaa',
        version,
        at: AT,
        actor: null,
        verb: 'item.ticked',
        summary: logSummary(['Milk'], 1),
      }) as never;
    connected.receive(lists(overview('one'), overview('two')));
    connected.receive({ type: 'activities', topic: 'activity', entries: [entry('one', 1)] });
    for (let version = 2; version < 12; version += 1)
      connected.receive({ type: 'activity', topic: 'activity', entry: entry('two', version) });
    expect(board.activities.map(({ version }) => version)).toEqual([11, 10, 9, 8, 7, 6]);
    connected.receive({ type: 'left', list: 'two' });
    expect(board.activities).toEqual([]);
    expect(board.lists.map(({ id }) => id)).toEqual(['one']);
  });

  it('says in words whether it is right', () => {
    expect(wallSentence(board, 1, [])).toBe('Loading…');
    connected.receive(lists(overview('one'), overview('long', { items_total: MAX_ITEMS + 1 })));
    expect(wallSentence(board, 1, [])).toBe('Loading…');
    connected.receive(snapshot(1, { items: [item('a')] }));
    expect(wallSentence(board, 1, [])).toBe('Up to date.');
    expect(wallSentence(board, 1, ['Redis does not answer.'])).toBe('Redis does not answer.');
    expect(wallSentence(board, 16, [])).toMatch(/^No connection\. What you see may be old/);
    expect(wallSentence(board, null, [])).toBe('Connecting…');
    board.state = 'reconnecting';
    expect(wallSentence(board, 1, [])).toMatch(/^No connection/);
    board.state = 'stopped';
    expect(wallSentence(board, 1, [])).toMatch(/Trying again every minute/);
  });

  it('shows nothing of a revoked link, and tries again', () => {
    connected.receive(lists(overview('one')));
    connected.receive(snapshot(1, { items: [item('a')] }));
    connected.close(4503);
    expect(board.state).toBe('refused');
    expect(board.lists).toEqual([]);
    expect(wallSentence(board, 1, [])).toMatch(/^This link does not work any more/);
    expect(scheduled.map(({ delay }) => delay)).toEqual([60_000]);
    scheduled[0]?.run();
    connected.receive(welcome());
    expect(board.state).toBe('live');
  });

  it('keeps what it shows while it reconnects', () => {
    connected.receive(lists(overview('one')));
    connected.close(1006);
    expect(board.state).toBe('reconnecting');
    expect(board.lists).toHaveLength(1);
    expect(scheduled).toEqual([]);
  });
});
