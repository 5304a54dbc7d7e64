import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { unreachableProblem } from '../src/net/problem';
import type { Activity, ListResponse } from '../src/protocol/rest';
import type { ServerFrame } from '../src/protocol/frames';
import { Feed } from '../src/stores/feed.svelte';
import { activityText } from '../src/stores/activity-text';
import { Engine } from '../src/sync/engine';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { createFakeApi } from './fake/api';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, change, DigestWriter, item, listRow, snapshot } from './fake/rows';
import { EMPTY_DIGEST } from '../src/sync/digest';

/** The moment of a version, so that the order of the feed is that of the versions. */
const timeOf = (version: number): string =>
  `2026-11-22T10:00:00.${String(version).padStart(3, '0')}Z`;

const activity = (version: number): Activity => ({
  version,
  digest: EMPTY_DIGEST,
  at: timeOf(version),
  verb: 'item.ticked',
  actor: ana,
  op: null,
  changes: [{ item: 'x', before: {}, after: { name: `Thing ${version}` } }],
  undoes: null,
  undone_by: null,
});

const changeFrame = (version: number): ServerFrame =>
  change(version, {
    at: timeOf(version),
    verb: 'item.ticked',
    items: [item('x', { name: `Thing ${version}` })],
  });

const snapshotFrame = (version: number, epoch = 'aaaaaaaa'): ServerFrame =>
  snapshot(version, { epoch, list: listRow('one', { last_interaction: timeOf(version) }) });

const ticksBetween = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `Ana ticked Thing ${to - index}`);

/** A list of which the server has recorded this much. */
class ActivityServer {
  version = 3;
  epoch = 'aaaaaaaa';
  requestedPaths: string[] = [];
  isBroken = false;

  readonly respond = ({ path }: HttpRequest): unknown => {
    this.requestedPaths.push(path);
    if (this.isBroken) throw unreachableProblem();
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
    return { ...listRow('one'), version, epoch, digest: EMPTY_DIGEST, role: 'owner', ...counted };
  }
}

describe('the activity feed', () => {
  let server: ActivityServer;
  let engine: Engine;
  let feed: Feed;
  let receive: (...frames: ServerFrame[]) => Promise<void>;
  const texts = (): string[] => feed.entries.map(({ summary }) => activityText(summary));

  beforeEach(() => {
    server = new ActivityServer();
    let frames: (frames: ServerFrame[]) => void = () => undefined;
    engine = new Engine(
      (events) => {
        frames = events.onFrames;
        return { send: vi.fn(), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      new ManualClock(),
      new MemoryOutboxStorage(),
      paintAtOnce,
    );
    const { write } = new DigestWriter();
    receive = async (...all) => {
      frames(all.map(write));
      await settlePromises();
    };
    feed = new Feed(createFakeApi((request) => server.respond(request)).api, engine);
    engine.start();
    engine.watch('list:one');
  });

  async function load(): Promise<void> {
    await feed.load();
    await settlePromises();
  }

  it('shows past changes and live changes, each once', async () => {
    await load();
    await receive(snapshotFrame(3), changeFrame(4), changeFrame(5));
    expect(texts()).toEqual(ticksBetween(1, 5));
    expect(server.requestedPaths).toHaveLength(2);
  });

  it('PAG-1 shows changes made between the load and the subscription', async () => {
    await load();
    server.version = 5;
    await receive(snapshotFrame(5), changeFrame(6));
    expect(texts()).toEqual(ticksBetween(1, 6));
  });

  it('shows changes made while past changes are loading', async () => {
    const loading = feed.load();
    server.version = 4;
    await receive(snapshotFrame(3), changeFrame(4));
    await loading;
    await settlePromises();
    expect(texts()).toEqual(ticksBetween(1, 4));
  });

  it('PAG-1 shows changes that a snapshot skipped after a reconnect', async () => {
    await load();
    await receive(snapshotFrame(3));
    server.version = 60;
    await receive(snapshotFrame(60), changeFrame(61));
    expect(texts()).toEqual(ticksBetween(1, 61));
  });

  it('loads only as many missed changes as it shows', async () => {
    await load();
    await receive(snapshotFrame(3));
    server.version = 5000;
    server.requestedPaths = [];
    await receive(snapshotFrame(5000));
    expect(texts()).toEqual(ticksBetween(4901, 5000));
    expect(server.requestedPaths).toHaveLength(2);
  });

  it('loads the changes of a new epoch', async () => {
    await load();
    await receive(snapshotFrame(3));
    server.version = 2;
    server.epoch = 'bbbbbbbb';
    await receive(snapshotFrame(2, 'bbbbbbbb'));
    expect(feed.entries.filter(({ key }) => key.includes('bbbbbbbb'))).toHaveLength(2);
  });

  it('loads the changes again when the history was rewritten', async () => {
    await load();
    const dead = change(4, { at: timeOf(9), verb: 'item.ticked', items: [item('dead')] });
    await receive(snapshotFrame(3), dead, changeFrame(5));
    expect(texts()[0]).toBe('Ana ticked dead');
    server.version = 4;
    await receive(snapshotFrame(4));
    expect(texts()).toEqual(ticksBetween(1, 4));
  });

  it('repeats a failed request', async () => {
    vi.useFakeTimers();
    server.isBroken = true;
    await load();
    await receive(snapshotFrame(3));
    expect(texts()).toEqual([]);
    server.isBroken = false;
    server.version = 4;
    await receive(changeFrame(4));
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(texts()).toEqual(ticksBetween(1, 4));
  });

  it('loads past changes of a list that the user joins later', async () => {
    await load();
    engine.watch('list:two');
    const list = listRow('two', { name: 'Party' });
    await receive(snapshot(3, { topic: 'list:two', list }));
    expect(feed.entries.filter(({ listId: id }) => id === 'two')).toHaveLength(3);
  });

  it('is empty after a sign-out', async () => {
    await load();
    await receive(snapshotFrame(3), changeFrame(4));
    engine.reset();
    expect(texts()).toEqual([]);
  });

  it('shows no new entries while it is paused', async () => {
    await load();
    feed.setPaused(true);
    server.version = 4;
    await receive(snapshotFrame(4), changeFrame(5));
    expect([texts().length, feed.pending.length]).toEqual([3, 2]);
    feed.setPaused(false);
    expect(texts()).toEqual(ticksBetween(1, 5));
  });
});
