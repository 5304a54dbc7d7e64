import { beforeEach, expect, it } from 'vitest';
import type { ServerFrame, SignalRow } from '../src/protocol/frames';
import { Pause } from '../src/stores/pause.svelte';
import { sectionOfPath } from '../src/stores/section.svelte';
import { rateOf, sendsOf } from '../src/stores/signal-sums';
import { Signals, SPARKLINE_SECONDS } from '../src/stores/signals.svelte';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const row = (signal: string, sender: string, sends: number, last_second: number): SignalRow => ({
  signal,
  sender,
  receivers: [],
  sends,
  errors: 0,
  last_second,
  last_minute: sends,
  receiver_us: { p50: 1, p99: 2 },
  newest: null,
});

const frame = (...rows: SignalRow[]): ServerFrame => ({
  type: 'signals',
  topic: 'signals',
  at: '2026-11-26T10:00:00Z',
  rows,
});

let connected: ConnectedEngine;
let signals: Signals;
const receive = (...frames: ServerFrame[]): void => {
  connected.receive(...frames);
};

beforeEach(() => {
  connected = new ConnectedEngine();
  signals = new Signals(connected.engine, new Pause(() => false));
  connected.engine.start();
});

it('follows the topic while the section is open, and not any more after it', () => {
  receive(welcome());
  const stop = signals.start();
  expect(JSON.stringify(connected.send.mock.calls)).toContain('"subscribe"');
  receive(frame(row('post_save', 'Activity', 3, 3)));
  expect(signals.all).toHaveLength(1);
  connected.send.mockClear();
  stop();
  expect(JSON.stringify(connected.send.mock.calls)).toContain('"unsubscribe"');
  expect(signals.all).toEqual([]);
});

it('keeps the sends of the last seconds of each row', () => {
  for (let second = 1; second <= SPARKLINE_SECONDS + 5; second += 1)
    receive(frame(row('post_save', 'Activity', second, 1), row('post_save', 'User', 0, 0)));
  const [activity, user] = signals.all;
  expect(activity?.seconds).toEqual(Array.from({ length: SPARKLINE_SECONDS }, () => 1));
  expect(user?.seconds).toEqual(Array.from({ length: SPARKLINE_SECONDS }, () => 0));
});

it('adds up a signal over its senders', () => {
  const rows = [row('pre_save', 'User', 2, 1), row('pre_save', 'ShoppingItem', 5, 3)];
  expect([sendsOf(rows, 'pre_save'), rateOf(rows, 'pre_save')]).toEqual([7, 4]);
  expect([sendsOf(rows, 'pre_save', 'User'), rateOf(rows, 'post_save')]).toEqual([2, 0]);
});

it.each([
  ['/dashboard/', 'now'],
  ['/dashboard', 'now'],
  ['/dashboard/signals', 'signals'],
  ['/dashboard/signals/', 'signals'],
  ['/dashboard/unknown/', 'now'],
])('the address %s is the section %s', (path, name) => {
  expect(sectionOfPath(path)).toBe(name);
});
