import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { unreachableProblem } from '../src/net/problem';
import type { ListResponse } from '../src/protocol/rest';
import type { Activity } from '../src/protocol/rest-refined';
import type { ServerFrame } from '../src/protocol/frames';
import { Feed } from '../src/stores/feed.svelte';
import { activityText } from '../src/stores/activity-text';
import { Engine } from '../src/sync/engine';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { ManualClock, promises } from './fake/clock';
import { ana, change, item, listRow, snapshot } from './fake/rows';

/** The moment of a version, so that the order of the feed is that of the versions. */
const at = (version: number): string => `2026-11-22T10:00:00.${String(version).padStart(3, '0')}Z`;

const activity = (version: number): Activity => ({
  version,
  at: at(version),
  verb: 'item.ticked',
  actor: ana,
  op: null,
  changes: [{ item: 'x', before: {}, after: { name: `Thing ${version}` } }],
  undoes: null,
  undone_by: null,
});

const told = (version: number): ServerFrame =>
  change(version, {
    at: at(version),
    verb: 'item.ticked',
    items: [item('x', { name: `Thing ${version}` })],
  });

const followed = (version: number, epoch = 'aaaaaaaa'): ServerFrame =>
  snapshot(version, { epoch, list: listRow('one', { last_interaction: at(version) }) });

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `Ana ticked Thing ${to - index}`);

/** A list of which the server has recorded this much. */
class Server {
  version = 3;
  epoch = 'aaaaaaaa';
  asked: string[] = [];
  broken = false;

  readonly answer = ({ path }: HttpRequest): unknown => {
    this.asked.push(path);
    if (this.broken) throw unreachableProblem();
    if (!path.includes('activities')) return { next: null, results: [this.list()] };
    const before = Number(/cursor=(\d+)/.exec(path)?.[1] ?? this.version + 1);
    const results = Array.from({ length: Math.min(50, before - 1) }, (_, index) =>
      activity(before - 1 - index),
    );
    const last = results.at(-1)?.version ?? 1;
    return { next: last > 1 ? `http://any/?cursor=${last}` : null, results };
  };

  private list(): ListResponse {
    const { version, epoch } = this;
    const counted = { items_open: 0, items_total: 0, deleted_at: null };
    return { ...listRow('one'), version, epoch, role: 'owner', ...counted };
  }
}

describe('the feed', () => {
  let server: Server;
  let engine: Engine;
  let feed: Feed;
  let hear: (...frames: ServerFrame[]) => Promise<void>;
  const shown = (): string[] => feed.entries.map(({ summary }) => activityText(summary));

  beforeEach(() => {
    server = new Server();
    let frames: (frames: ServerFrame[]) => void = () => undefined;
    engine = new Engine(
      (events) => {
        frames = events.onFrames;
        return { send: vi.fn(), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      new ManualClock(),
      new MemoryOutboxStorage(),
    );
    hear = async (...all) => {
      frames(all);
      await promises();
    };
    feed = new Feed(
      new Api(async <T>(ask: HttpRequest) => (await server.answer(ask)) as T),
      engine,
    );
    engine.start();
    engine.watch('list:one');
  });

  async function loaded(): Promise<void> {
    await feed.load();
    await promises();
  }

  it('joins the past with what happens, each once', async () => {
    await loaded();
    await hear(followed(3), told(4), told(5));
    expect(shown()).toEqual(range(1, 5));
    expect(server.asked).toHaveLength(2);
  });

  it('PAG-1 has what was changed after the past was read and before the list was followed', async () => {
    await loaded();
    server.version = 5;
    await hear(followed(5), told(6));
    expect(shown()).toEqual(range(1, 6));
  });

  it('has what happened while the past was on its way', async () => {
    const loading = feed.load();
    server.version = 4;
    await hear(followed(3), told(4));
    await loading;
    await promises();
    expect(shown()).toEqual(range(1, 4));
  });

  it('PAG-1 has what a snapshot skipped after the line was down', async () => {
    await loaded();
    await hear(followed(3));
    server.version = 60;
    await hear(followed(60), told(61));
    expect(shown()).toEqual(range(1, 61));
  });

  it('reads no more of a long absence than it shows', async () => {
    await loaded();
    await hear(followed(3));
    server.version = 5000;
    server.asked = [];
    await hear(followed(5000));
    expect(shown()).toEqual(range(4901, 5000));
    expect(server.asked).toHaveLength(2);
  });

  it('reads the new history of a list whose server was restored', async () => {
    await loaded();
    await hear(followed(3));
    server.version = 2;
    server.epoch = 'bbbbbbbb';
    await hear(followed(2, 'bbbbbbbb'));
    expect(feed.entries.filter(({ key }) => key.includes('bbbbbbbb'))).toHaveLength(2);
  });

  it('asks again for what it could not read', async () => {
    vi.useFakeTimers();
    server.broken = true;
    await loaded();
    await hear(followed(3));
    expect(shown()).toEqual([]);
    server.broken = false;
    server.version = 4;
    await hear(told(4));
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(shown()).toEqual(range(1, 4));
  });

  it('reads the past of a list that the person has joined meanwhile', async () => {
    await loaded();
    engine.watch('list:two');
    const list = listRow('two', { name: 'Party' });
    await hear(snapshot(3, { topic: 'list:two', list }));
    expect(feed.entries.filter(({ listId: id }) => id === 'two')).toHaveLength(3);
  });

  it('keeps nothing for the next person at this browser', async () => {
    await loaded();
    await hear(followed(3), told(4));
    engine.reset();
    expect(shown()).toEqual([]);
  });

  it('stands still while it is held, also for what it reads', async () => {
    await loaded();
    feed.setPaused(true);
    server.version = 4;
    await hear(followed(4), told(5));
    expect([shown().length, feed.pending.length]).toEqual([3, 2]);
    feed.setPaused(false);
    expect(shown()).toEqual(range(1, 5));
  });
});
