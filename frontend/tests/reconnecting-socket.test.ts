import { beforeEach, describe, expect, it } from 'vitest';
import { backoffDelay, MAX_DELAY, MAX_VISIBLE_DELAY } from '../src/net/backoff';
import { MAX_BURST, RateLimiter } from '../src/net/rate-limiter';
import { ReconnectingSocket, HANDSHAKE_TIMEOUT } from '../src/net/reconnecting-socket';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import { reconnectDecision } from '../src/protocol/close';
import type { ServerFrame } from '../src/protocol/frames';
import { ManualClock } from './fake/clock';

const heartbeat: ServerFrame = { type: 'beat' };

let clock: ManualClock;
let connections: (SocketConnectionEvents & { sent: unknown[]; isClosed: boolean })[];
let decisions: string[];
let receivedTypes: string[];
let socket: ReconnectingSocket;
let ceiling: number;

const latestConnection = (): (typeof connections)[number] => {
  const connection = connections.at(-1);
  if (!connection) throw new Error('no connection was opened');
  return connection;
};

beforeEach(() => {
  clock = new ManualClock();
  ceiling = MAX_DELAY;
  connections = [];
  decisions = [];
  receivedTypes = [];
  socket = new ReconnectingSocket(
    (events) => {
      const connection = { ...events, sent: [] as unknown[], isClosed: false };
      connections.push(connection);
      return {
        send: (frame) => connection.sent.push(frame),
        close: () => {
          connection.isClosed = true;
        },
      };
    },
    clock,
    {
      onFrames: (frames) => receivedTypes.push(...frames.map(({ type }) => type)),
      onDown: (decision) => decisions.push(decision),
    },
    () => ceiling,
  );
  socket.start();
});

describe('the backoff delay', () => {
  it('doubles its ceiling from 0.5 to 30 seconds', () => {
    const ceilings = [0, 1, 2, 3, 6, 50].map((failures) => backoffDelay(failures, () => 1));
    expect(ceilings).toEqual([500, 1000, 2000, 4000, 30_000, 30_000]);
  });

  it('has full jitter, so it can be zero', () => {
    expect(backoffDelay(9, () => 0)).toBe(0);
  });
});

describe('a close code', () => {
  it.each([1001, 1006, 1011, 1012, 1013, 4000, 4002, 4499])('%i means reconnect', (code) => {
    expect(reconnectDecision(code)).toBe('reconnect');
  });

  it.each([1000, 1009, 4500, 4504, 4505, 4999])('%i means stop', (code) => {
    expect(reconnectDecision(code)).toBe('stop');
  });

  it.each([4001, 4501, 4503])('%i means sign in', (code) => {
    expect(reconnectDecision(code)).toBe('sign in');
  });
});

describe('a reconnecting socket', () => {
  it('reconnects until it is stopped, with growing delays', () => {
    for (const wait of [500, 1000, 2000, 4000]) {
      const before = connections.length;
      latestConnection().onClose(1006);
      clock.advance(wait - 1);
      expect(connections).toHaveLength(before);
      clock.advance(1);
      expect(connections).toHaveLength(before + 1);
    }
  });

  it('resets the delay only after the first frame', () => {
    latestConnection().onClose(1006);
    clock.advance(500);
    latestConnection().onClose(1006);
    clock.advance(1000);
    latestConnection().onFrames([heartbeat]);
    latestConnection().onClose(1006);
    clock.advance(500);
    expect(connections).toHaveLength(4);
  });

  it('waits for the time in the bye frame', () => {
    latestConnection().onFrames([{ type: 'bye', code: 4000, reason: 'restarting', retry_in: 3.4 }]);
    latestConnection().onClose(4000);
    clock.advance(3399);
    expect(connections).toHaveLength(1);
    clock.advance(1);
    expect(connections).toHaveLength(2);
  });

  it('OFF-6 does not reconnect before the time in the bye frame, whatever is back', () => {
    latestConnection().onFrames([{ type: 'bye', code: 4005, reason: 'overloaded', retry_in: 3 }]);
    latestConnection().onClose(4005);
    socket.resume();
    expect(socket.nextTryAt).toBe(clock.now() + 3000);
    clock.advance(2999);
    expect(connections).toHaveLength(1);
    clock.advance(1);
    expect(connections).toHaveLength(2);
    expect(socket.nextTryAt).toBeNull();
  });

  it('OFF-6 waits for at most the ceiling of a visible page, and says when it tries next', () => {
    ceiling = MAX_VISIBLE_DELAY;
    for (let failures = 0; failures < 9; failures += 1) {
      latestConnection().onClose(1006);
      const wait = (socket.nextTryAt ?? Infinity) - clock.now();
      expect(wait).toBe(Math.min(500 * 2 ** failures, MAX_VISIBLE_DELAY));
      clock.advance(wait);
    }
    expect(socket.lastAnswerAt).toBeNull();
    latestConnection().onFrames([heartbeat]);
    expect(socket.lastAnswerAt).toBe(clock.now());
  });

  it('reconnects immediately when the network or the page is back', () => {
    latestConnection().onClose(1006);
    socket.resume();
    expect(connections).toHaveLength(2);
    clock.advance(60_000 - 1);
    expect(connections.length).toBeGreaterThan(1);
  });

  it('pings on resume, and disconnects without a response', () => {
    latestConnection().onFrames([heartbeat]);
    socket.resume();
    expect(latestConnection().sent).toEqual([{ type: 'ping' }]);
    clock.advance(HANDSHAKE_TIMEOUT);
    expect(connections[0]?.isClosed).toBe(true);
    expect(decisions).toEqual(['reconnect']);
  });

  it('disconnects after two heartbeats of silence', () => {
    const welcome: ServerFrame = {
      type: 'welcome',
      protocol: 1,
      at: '2026-11-22T10:00:00Z',
      server: '1',
      connection: 'c',
      user: { id: 3, name: 'Ana' },
      lists: [],
      heartbeat: 7,
      limits: {},
    };
    latestConnection().onFrames([welcome]);
    clock.advance(13_000);
    latestConnection().onFrames([heartbeat]);
    clock.advance(13_999);
    expect(decisions).toEqual([]);
    clock.advance(1);
    expect(decisions).toEqual(['reconnect']);
  });

  it('disconnects when the handshake takes too long', () => {
    clock.advance(HANDSHAKE_TIMEOUT);
    expect(connections[0]?.isClosed).toBe(true);
    clock.advance(500);
    expect(connections).toHaveLength(2);
  });

  it('does not reconnect after a final close code until it is started', () => {
    latestConnection().onClose(4503);
    socket.resume();
    clock.advance(120_000);
    expect(connections).toHaveLength(1);
    expect(decisions).toEqual(['sign in']);
    socket.start();
    expect(connections).toHaveLength(2);
  });

  it('ignores events of a replaced connection', () => {
    const old = latestConnection();
    old.onClose(1006);
    socket.resume();
    old.onFrames([heartbeat]);
    old.onClose(4500);
    expect(receivedTypes).toEqual([]);
    expect(decisions).toEqual(['reconnect']);
  });
});

describe('the rate limiter', () => {
  it('sends a burst, then frames at its rate, in order', () => {
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
