import { beforeEach, describe, expect, it } from 'vitest';
import { backoffDelay } from '../src/net/backoff';
import { MAX_BURST, RateLimiter } from '../src/net/rate-limiter';
import { ReconnectingSocket, HANDSHAKE_TIMEOUT } from '../src/net/reconnecting-socket';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import { reconnectDecision } from '../src/protocol/close';
import type { ServerFrame } from '../src/protocol/frames';
import { ManualClock } from './fake/clock';

const beat: ServerFrame = { type: 'beat' };

let clock: ManualClock;
let dials: (SocketConnectionEvents & { sent: unknown[]; hungUp: boolean })[];
let downs: string[];
let heard: string[];
let line: ReconnectingSocket;

const newest = (): (typeof dials)[number] => {
  const dial = dials.at(-1);
  if (!dial) throw new Error('nobody dialled');
  return dial;
};

beforeEach(() => {
  clock = new ManualClock();
  dials = [];
  downs = [];
  heard = [];
  line = new ReconnectingSocket(
    (events) => {
      const wire = { ...events, sent: [] as unknown[], hungUp: false };
      dials.push(wire);
      return {
        send: (frame) => wire.sent.push(frame),
        close: () => {
          wire.hungUp = true;
        },
      };
    },
    clock,
    {
      onFrames: (frames) => heard.push(...frames.map(({ type }) => type)),
      onDown: (what) => downs.push(what),
    },
  );
  line.start();
});

describe('backoff', () => {
  it('doubles its ceiling from half a second to thirty', () => {
    const ceilings = [0, 1, 2, 3, 6, 50].map((failures) => backoffDelay(failures, () => 1));
    expect(ceilings).toEqual([500, 1000, 2000, 4000, 30_000, 30_000]);
  });

  it('has full jitter: the wait may be nothing', () => {
    expect(backoffDelay(9, () => 0)).toBe(0);
  });
});

describe('close codes', () => {
  it.each([1001, 1006, 1011, 1012, 1013, 4000, 4002, 4499])('%i comes back', (code) => {
    expect(reconnectDecision(code)).toBe('reconnect');
  });

  it.each([1000, 1009, 4500, 4504, 4505, 4999])('%i does not', (code) => {
    expect(reconnectDecision(code)).toBe('stop');
  });

  it.each([4001, 4501, 4503])('%i asks to sign in', (code) => {
    expect(reconnectDecision(code)).toBe('sign in');
  });
});

describe('line', () => {
  it('dials again for ever, waiting longer each time', () => {
    for (const wait of [500, 1000, 2000, 4000]) {
      const before = dials.length;
      newest().onClose(1006);
      clock.advance(wait - 1);
      expect(dials).toHaveLength(before);
      clock.advance(1);
      expect(dials).toHaveLength(before + 1);
    }
  });

  it('starts over with the short wait only after the first frame', () => {
    newest().onClose(1006);
    clock.advance(500);
    newest().onClose(1006);
    clock.advance(1000);
    newest().onFrames([beat]);
    newest().onClose(1006);
    clock.advance(500);
    expect(dials).toHaveLength(4);
  });

  it('waits as long as the server asked', () => {
    newest().onFrames([{ type: 'bye', code: 4000, reason: 'restarting', retry_in: 3.4 }]);
    newest().onClose(4000);
    clock.advance(3399);
    expect(dials).toHaveLength(1);
    clock.advance(1);
    expect(dials).toHaveLength(2);
  });

  it('dials at once when the network or the page comes back', () => {
    newest().onClose(1006);
    line.resume();
    expect(dials).toHaveLength(2);
    clock.advance(60_000 - 1);
    expect(dials.length).toBeGreaterThan(1);
  });

  it('asks a wire that looks alive after waking, and gives it up when nothing answers', () => {
    newest().onFrames([beat]);
    line.resume();
    expect(newest().sent).toEqual([{ type: 'ping' }]);
    clock.advance(HANDSHAKE_TIMEOUT);
    expect(dials[0]?.hungUp).toBe(true);
    expect(downs).toEqual(['reconnect']);
  });

  it('gives a wire up after two heartbeats of silence', () => {
    const welcome: ServerFrame = {
      type: 'welcome',
      protocol: 1,
      server: '1',
      connection: 'c',
      user: { id: 3, name: 'Ana' },
      lists: [],
      heartbeat: 7,
      limits: {},
    };
    newest().onFrames([welcome]);
    clock.advance(13_000);
    newest().onFrames([beat]);
    clock.advance(13_999);
    expect(downs).toEqual([]);
    clock.advance(1);
    expect(downs).toEqual(['reconnect']);
  });

  it('gives a handshake up that never ends', () => {
    clock.advance(HANDSHAKE_TIMEOUT);
    expect(dials[0]?.hungUp).toBe(true);
    clock.advance(500);
    expect(dials).toHaveLength(2);
  });

  it('stays away when told so, until it is started again', () => {
    newest().onClose(4503);
    line.resume();
    clock.advance(120_000);
    expect(dials).toHaveLength(1);
    expect(downs).toEqual(['sign in']);
    line.start();
    expect(dials).toHaveLength(2);
  });

  it('does not listen to a wire that it replaced', () => {
    const old = newest();
    old.onClose(1006);
    line.resume();
    old.onFrames([beat]);
    old.onClose(4500);
    expect(heard).toEqual([]);
    expect(downs).toEqual(['reconnect']);
  });
});

describe('pacer', () => {
  it('sends a burst, then no faster than its rate, in order', () => {
    const sent: number[] = [];
    const pacer = new RateLimiter<number>(clock, (frame) => sent.push(frame), 10);
    for (let frame = 0; frame < MAX_BURST + 5; frame += 1) pacer.push(frame);
    expect(sent).toHaveLength(MAX_BURST);
    clock.advance(300);
    expect(sent).toHaveLength(MAX_BURST + 3);
    clock.advance(1000);
    expect(sent).toEqual(Array.from({ length: MAX_BURST + 5 }, (_, frame) => frame));
  });
});
