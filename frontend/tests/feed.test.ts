import { beforeEach, describe, expect, it } from 'vitest';
import type { ActivityEntry, ServerFrame } from '../src/protocol/frames';
import { Feed } from '../src/stores/feed.svelte';
import { activityText } from '../src/stores/activity-text';
import { ConnectedEngine } from './fake/connected-engine';
import { ana, logSummary, welcome } from './fake/rows';

const entry = (version: number, list = 'one', epoch = 'aaaaaaaa'): ActivityEntry => ({
  list,
  epoch,
  version,
  at: `2026-11-22T10:00:00.${String(version).padStart(3, '0')}Z`,
  actor: ana,
  verb: 'item.ticked',
  summary: logSummary([`Thing ${version}`], 1),
});

const history = (...entries: ActivityEntry[]): ServerFrame => ({
  type: 'activities',
  topic: 'activity:newest',
  entries,
});

const newest = (more: Record<string, number>, ...entries: ActivityEntry[]): ServerFrame => ({
  type: 'newest',
  topic: 'activity:newest',
  entries,
  more,
});

const activity = (added: ActivityEntry): ServerFrame => newest({}, added);

const ticksBetween = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `Ana ticked Thing ${to - index}`);

describe('the activity feed', () => {
  let connected: ConnectedEngine;
  let feed: Feed;
  const receive = (...frames: ServerFrame[]): void => {
    connected.receive(...frames);
  };
  const texts = (): string[] => feed.entries.map(({ summary }) => activityText(summary));

  beforeEach(() => {
    connected = new ConnectedEngine();
    feed = new Feed(connected.engine);
    feed.start();
    connected.engine.start();
  });

  it('subscribes to the activity of all lists when the socket is open', () => {
    receive(welcome());
    expect(connected.send).toHaveBeenCalledWith({
      type: 'subscribe',
      id: 1,
      topic: 'activity:newest',
    });
  });

  it('PAG-1 shows past changes and then live changes, each once', () => {
    receive(history(entry(3), entry(2), entry(1)), activity(entry(4)), activity(entry(5)));
    receive(activity(entry(5)));
    expect(texts()).toEqual(ticksBetween(1, 5));
    expect(feed.entries.map(({ isLive }) => isLive)).toEqual([true, true, false, false, false]);
  });

  it('keeps the newest hundred entries', () => {
    for (let version = 1; version <= 130; version += 1) receive(activity(entry(version)));
    expect(texts()).toEqual(ticksBetween(31, 130));
  });

  it('PAG-1 counts the changes that were too many to be sent', () => {
    receive(history(entry(1)), newest({ one: 20, two: 2 }, entry(27), entry(26), entry(25)));
    expect(texts()).toEqual([...ticksBetween(25, 27), 'Ana ticked Thing 1']);
    expect(feed.entries.map(({ more }) => more.map(({ count }) => count))).toEqual([
      [],
      [],
      [20, 2],
      [],
    ]);
    receive({ type: 'left', list: 'two' });
    expect(feed.entries[2]?.more).toEqual([{ listId: 'one', count: 20 }]);
  });

  it('PAG-1 shows what happened during an outage', () => {
    receive(history(entry(1)), activity(entry(2)));
    receive(history(entry(5), entry(4), entry(3), entry(2), entry(1)));
    expect(texts()).toEqual(ticksBetween(1, 5));
    expect(feed.entries[3]?.isLive).toBe(true);
  });

  it('drops the entries of a history that was rewritten', () => {
    receive(history(entry(1)), activity(entry(2)), activity(entry(3)));
    receive(history(entry(2, 'one', 'bbbbbbbb'), entry(1)));
    expect(feed.entries.map(({ key }) => key)).toEqual(['one bbbbbbbb 2', 'one aaaaaaaa 1']);
  });

  it('drops the entries of a list that the user left, also while it is paused', () => {
    receive(history(entry(2, 'two'), entry(1)));
    feed.setPaused(true);
    receive({ type: 'left', list: 'two' });
    expect(feed.entries.map(({ listId }) => listId)).toEqual(['one']);
  });

  it('shows no new entries while it is paused', () => {
    receive(history(entry(1)));
    feed.setPaused(true);
    receive(activity(entry(2)), activity(entry(3)));
    expect([texts().length, feed.pending.length]).toEqual([1, 2]);
    feed.setPaused(false);
    expect([texts(), feed.pending]).toEqual([ticksBetween(1, 3), []]);
  });

  it('is empty after a sign-out, also while it is paused', () => {
    receive(history(entry(1)));
    feed.setPaused(true);
    connected.engine.reset();
    expect(texts()).toEqual([]);
  });
});
