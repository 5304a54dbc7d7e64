import { beforeEach, expect, it, vi } from 'vitest';
import type { Delivery as DeliveryFrame, DeliveryHop, ScreenRow } from '../src/protocol/frames';
import { CONFIRM_TIME, Delivery, slowestHop } from '../src/stores/delivery.svelte';
import {
  budgetVerdict,
  formatBytes,
  listNames,
  screensText,
  screenVerdict,
} from '../src/ui/dashboard/delivery-words';
import type { HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const AT = '2026-11-26T10:00:00Z';

const hop = (name: string, p50_ms: number | null): DeliveryHop => ({
  name,
  last_minute: p50_ms === null ? 0 : 3,
  per_second: 0.05,
  p50_ms,
  p99_ms: p50_ms,
  errors: null,
});

const budget: DeliveryFrame['budget'] = {
  since: AT,
  promised: 10,
  live: 7,
  resumed: 1,
  copied: 1,
  withdrawn: 1,
  waiting: 0,
  lost: 0,
  longest_ms: 12,
  longest_at: AT,
};

const row = (fields: Partial<ScreenRow> = {}): ScreenRow => ({
  connection: 'c_1',
  user: { id: 3, name: 'Ana' },
  device: 'Safari on iPad',
  lists: ['8f'],
  process: '9f31c04be2a7',
  since: AT,
  round_trip_ms: 38,
  pending_frames: 0,
  pending_bytes: 0,
  oldest_ms: null,
  changes_behind: 0,
  is_blocked: false,
  state: 'identical',
  ...fields,
});

const http = vi.fn<(request: HttpRequest) => Promise<unknown>>();
let connected: ConnectedEngine;
let delivery: Delivery;
let now: number;

function receiveScreens(...rows: ScreenRow[]): void {
  const frame = {
    type: 'screens',
    topic: 'ops:screens',
    at: AT,
    total: rows.length,
    rows,
  } as const;
  connected.receive(frame);
}

beforeEach(() => {
  now = 1000;
  http.mockReset().mockResolvedValue(null);
  connected = new ConnectedEngine();
  const engine = Object.assign(connected.engine, { http });
  delivery = new Delivery(engine, () => now);
  connected.engine.start();
  connected.receive(welcome());
});

it('follows both topics while the section is open, and not any more after it', () => {
  const stop = delivery.start();
  const sent = JSON.stringify(connected.send.mock.calls);
  for (const topic of ['ops:delivery', 'ops:screens']) expect(sent).toContain(topic);
  receiveScreens(row());
  expect(delivery.screens?.rows).toHaveLength(1);
  connected.send.mockClear();
  stop();
  expect(JSON.stringify(connected.send.mock.calls)).toContain('"unsubscribe"');
  receiveScreens();
  expect(delivery.screens?.rows).toHaveLength(1);
});

it('disconnects a socket at the second click, and shows that until it is gone', async () => {
  delivery.start();
  receiveScreens(row(), row({ connection: 'c_2' }));
  await delivery.disconnect('c_1');
  expect(delivery.isAsked('c_1')).toBe(true);
  expect(http).not.toHaveBeenCalled();
  await delivery.disconnect('c_1');
  expect(http.mock.calls).toEqual([[{ method: 'DELETE', path: 'live/sockets/c_1/' }]]);
  expect(delivery.ending.has('c_1')).toBe(true);
  receiveScreens(row(), row({ connection: 'c_2' }));
  expect(delivery.ending.has('c_1')).toBe(true);
  receiveScreens(row({ connection: 'c_2' }));
  expect(delivery.ending.size).toBe(0);
});

it('asks again when the second click comes late or is for another socket', async () => {
  await delivery.disconnect('c_1');
  await delivery.disconnect('c_2');
  expect(delivery.isAsked('c_1')).toBe(false);
  now += CONFIRM_TIME;
  await delivery.disconnect('c_2');
  expect(http).not.toHaveBeenCalled();
});

it('shows why a socket was not disconnected', async () => {
  http.mockRejectedValue(new Problem(403, 'permission_denied', 'This is for staff.'));
  await delivery.disconnect('c_1');
  await delivery.disconnect('c_1');
  expect(delivery.error).toBe('This is for staff.');
  expect(delivery.ending.size).toBe(0);
});

it('finds the longest part of the path', () => {
  expect(slowestHop([hop('commit', 4), hop('hub', null), hop('network', 38)])?.name).toBe(
    'network',
  );
  expect(slowestHop([hop('commit', null)])).toBeNull();
});

it('says that a change was lost, however many were not', () => {
  expect(budgetVerdict(budget)).toEqual({ text: 'None lost', tone: 'good' });
  expect(budgetVerdict({ ...budget, lost: 1 })).toEqual({ text: '1 lost', tone: 'danger' });
  expect(budgetVerdict({ ...budget, waiting: 2 }).text).toBe('None lost, 2 on the way');
  expect(budgetVerdict({ ...budget, promised: 0 }).tone).toBe('neutral');
});

it.each<[Partial<ScreenRow>, string]>([
  [{}, 'identical'],
  [{ state: 'different', is_blocked: true }, 'different'],
  [{ is_blocked: true }, 'does not read'],
  [{ pending_bytes: 900, oldest_ms: 2500 }, 'does not read'],
  [{ pending_bytes: 900, oldest_ms: 0 }, 'identical'],
  [{ state: 'behind', oldest_ms: 900 }, 'to be confirmed'],
  [{ state: 'behind', oldest_ms: 900, pending_bytes: 9 }, 'catching up'],
  [{ state: 'behind', oldest_ms: 5000 }, 'behind'],
  [{ state: null }, 'does not report'],
  [{ state: null, lists: [] }, 'no list open'],
])('says of a screen with %o that it is %s', (fields, text) => {
  expect(screenVerdict(row(fields)).text).toBe(text);
});

it('names the own lists only', () => {
  const names = new Map([['8f', 'Groceries']]);
  expect(listNames(row(), names)).toBe('Groceries');
  expect(listNames(row({ lists: ['8f', '9a'] }), names)).toBe('Groceries, 1 more');
  expect(listNames(row({ lists: ['9a'] }), names)).toBe('a list');
  expect(listNames(row({ lists: ['9a', '9b'] }), names)).toBe('2 lists');
  expect(listNames(row({ lists: [] }), names)).toBe('–');
});

it.each([
  [640, '640\u00a0B'],
  [9120, '9.1\u00a0kB'],
  [364_015, '364\u00a0kB'],
  [2_400_000, '2.4\u00a0MB'],
])('formats %i bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('DEL-10 says in words whether the screens of a list are identical', () => {
  const text = (identical: number, behind = 0, different = 0): string =>
    screensText({ identical, behind, different });
  expect([text(1), text(5), text(4, 1), text(3, 2, 1)]).toEqual([
    '1 screen, identical',
    '5 screens, all identical',
    '5 screens, 1 behind',
    '6 screens, 1 different, 2 behind',
  ]);
});
