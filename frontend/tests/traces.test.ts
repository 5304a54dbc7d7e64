import { beforeEach, expect, it } from 'vitest';
import type { ChangeTrace, TracedScreen } from '../src/protocol/frames';
import {
  barsOf,
  countsOf,
  keyOf,
  MAX_TRACES,
  slowestOf,
  spanOf,
  Traces,
  withNewer,
  withoutScreens,
} from '../src/stores/traces.svelte';
import { traceText } from '../src/ui/dashboard/delivery-words';
import { ConnectedEngine } from './fake/connected-engine';
import { welcome } from './fake/rows';

const screen = (fields: Partial<TracedScreen> = {}): TracedScreen => ({
  connection: 'c_1',
  user: { id: 3, name: 'Ana' },
  device: 'Safari on iPad',
  process: '9f31',
  written_ms: 1,
  shown_ms: 40,
  is_open: true,
  ...fields,
});

const trace = (version: number, fields: Partial<ChangeTrace> = {}): ChangeTrace => ({
  list: '8f',
  epoch: 'e',
  version,
  at: new Date(Date.UTC(2026, 10, 26) + version * 1000).toISOString(),
  actor: { id: 3, name: 'Ana' },
  verb: 'item.ticked',
  hops: { request: 8, recording: 1, commit: 4, publisher: 0.1 },
  processes: [{ process: '9f31', received_ms: 0.4, handed_ms: 0.6 }],
  screens: [screen()],
  screen_count: 1,
  ...fields,
});

let connected: ConnectedEngine;
let traces: Traces;

beforeEach(() => {
  connected = new ConnectedEngine();
  traces = new Traces(connected.engine);
  connected.engine.start();
  connected.receive(welcome());
});

function receive(...frame: ChangeTrace[]): void {
  connected.receive({ type: 'traces', topic: 'ops:traces', at: trace(0).at, traces: frame });
}

it('follows changes while it is open, and shows the newest one', () => {
  const stop = traces.start();
  expect(JSON.stringify(connected.send.mock.calls)).toContain('ops:traces');
  receive(trace(1));
  receive(trace(2));
  expect(traces.shown?.version).toBe(2);
  traces.chosen = keyOf(trace(1));
  receive(trace(3));
  expect(traces.shown?.version).toBe(1);
  stop();
  receive(trace(4));
  expect(traces.all).toHaveLength(3);
});

it('replaces what is known of a change, and keeps the chosen one of many', () => {
  const first = withNewer([], [trace(1, { screens: [], screen_count: 0 })], null);
  const known = withNewer(first, [trace(1)], null);
  expect(known).toEqual([trace(1)]);
  const many = Array.from({ length: MAX_TRACES + 5 }, (_, index) => trace(index + 2));
  const kept = withNewer(known, many, keyOf(trace(1)));
  expect(kept).toHaveLength(MAX_TRACES + 1);
  expect(kept.at(-1)?.version).toBe(1);
  expect(withNewer(kept, [], null)).toBe(kept);
});

it('places the parts before the commit one behind the other, and the screens after it', () => {
  const bars = barsOf(trace(1));
  expect(bars.map(({ kind, id, start, end, then }) => [kind, id, start, end, then])).toEqual([
    ['hop', 'request', -13, -5, null],
    ['hop', 'recording', -5, -4, null],
    ['hop', 'commit', -4, 0, null],
    ['process', '9f31', 0, 0.4, 0.6],
    ['screen', 'c_1', 0, 1, 40],
  ]);
  expect(spanOf(bars)).toEqual({ from: -13, to: 40 });
  expect(spanOf(barsOf(trace(1, { hops: {}, processes: [], screens: [] })))).toEqual({
    from: 0,
    to: 1,
  });
});

it('says how many screens have a change and how long the slowest took', () => {
  const missing = screen({ connection: 'c_2', written_ms: null, shown_ms: null });
  const all = trace(1, { screens: [screen(), screen({ connection: 'c_3', shown_ms: null })] });
  expect([countsOf(all), slowestOf(all)]).toEqual([{ taken: 2, shown: 1 }, 40]);
  const waiting = trace(1, { screens: [screen(), missing] });
  expect([countsOf(waiting).taken, slowestOf(waiting)]).toEqual([1, null]);
  const left = trace(1, { screens: [screen(), { ...missing, is_open: false }] });
  expect(slowestOf(left)).toBe(40);
});

it('says what a change did without names', () => {
  expect(traceText('item.ticked')).toBe('ticked an item');
  expect(traceText('items.removed')).toBe('removed items');
  expect(traceText('undo')).toBe('undid a change');
  expect(traceText('member.joined')).toBe('changed the members');
});

it('says that a change is on its way before it says that no screen is open', () => {
  const change = trace(1, { screens: [], screen_count: 0 });
  const at = Date.parse(change.at);
  expect(withoutScreens(change, at + 500, false)).toBe('on the way');
  expect(withoutScreens(change, at + 5000, false)).toBe('no screen open');
  expect(withoutScreens(change, at + 5000, true)).toBe('screens not known');
});
