import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '../src/protocol/frames';
import {
  initialSubscriptionState,
  reduce,
  type Input,
  type Output,
  type SubscriptionState,
} from '../src/sync/subscription-state';

const welcome: ServerFrame = {
  type: 'welcome',
  protocol: 1,
  at: '2026-11-22T10:00:00Z',
  server: '1',
  connection: 'c',
  user: { id: 3, name: 'Ana' },
  lists: [],
  heartbeat: 20,
  limits: {},
};

const received = (frame: ServerFrame): Input => ({ type: 'frame', frame });
const subscribed = (topic: string, id: number): Input =>
  received({ type: 'subscribed', topic, id, epoch: 'e', version: 1, digest: 'd', recovered: true });

function run(
  inputs: Input[],
  since: number | null = null,
): { session: SubscriptionState; last: Output[] } {
  let session = initialSubscriptionState;
  let last: Output[] = [];
  for (const input of inputs) {
    const transition = reduce(session, input, () =>
      since === null ? null : { since, epoch: 'e', digest: 'd' },
    );
    session = transition.state;
    last = transition.outputs;
  }
  return { session, last };
}

const watch: Input = { type: 'watch', topic: 'list:a' };
const sentFrames = (outputs: Output[]): unknown[] =>
  outputs.flatMap((output) => (output.type === 'send' ? [output.frame] : []));

describe('the subscription state', () => {
  it('subscribes to all watched topics after the welcome', () => {
    expect(run([watch]).last).toEqual([]);
    const { last } = run([watch, { type: 'watch', topic: 'requests' }, received(welcome)]);
    expect(sentFrames(last)).toEqual([
      { type: 'subscribe', id: 1, topic: 'list:a' },
      { type: 'subscribe', id: 2, topic: 'requests' },
    ]);
  });

  it('subscribes again after a reconnect, from the position of the replica', () => {
    const { last } = run(
      [
        received(welcome),
        watch,
        subscribed('list:a', 1),
        { type: 'disconnected' },
        received(welcome),
      ],
      41,
    );
    expect(sentFrames(last)).toEqual([
      { type: 'subscribe', id: 2, topic: 'list:a', since: 41, epoch: 'e', digest: 'd' },
    ]);
  });

  it('subscribes again at a gap, but only once until the response', () => {
    const gap: Input = { type: 'gap', topic: 'list:a' };
    const following = [received(welcome), watch, subscribed('list:a', 1)];
    expect(sentFrames(run([...following, gap], 41).last)).toHaveLength(1);
    expect(run([...following, gap, gap], 41).last).toEqual([]);
  });

  it('subscribes again when the position is lost, also before the response', () => {
    const lost: Input = { type: 'position lost', topic: 'list:a' };
    const following = [received(welcome), watch, subscribed('list:a', 1)];
    const again = (id: number): unknown => [{ type: 'subscribe', id, topic: 'list:a' }];
    expect(sentFrames(run([...following, lost]).last)).toEqual(again(2));
    expect(sentFrames(run([...following, lost, lost]).last)).toEqual(again(3));
    expect(run([...following, { type: 'disconnected' }, lost]).last).toEqual([]);
  });

  it('waits for the response to its latest subscribe', () => {
    const gap: Input = { type: 'gap', topic: 'list:a' };
    const { session } = run([
      received(welcome),
      watch,
      subscribed('list:a', 1),
      gap,
      subscribed('list:a', 1),
    ]);
    expect(session.topics.get('list:a')?.status).toBe('pending');
  });

  it('closes a refused topic, and does not subscribe again', () => {
    const refused: Input = received({ type: 'error', id: 1, code: 'not_found', message: '' });
    const inputs = [received(welcome), watch, refused];
    expect(run(inputs).last).toEqual([{ type: 'close topic', topic: 'list:a', reason: 'refused' }]);
    expect(run([...inputs, { type: 'disconnected' }, received(welcome)]).last).toEqual([]);
  });

  it('subscribes to an ended topic when it is watched again', () => {
    const ended: Input = received({ type: 'ended', topic: 'list:a', reason: 'deleted' });
    const inputs: Input[] = [received(welcome), watch, ended];
    expect(run(inputs).last).toEqual([{ type: 'close topic', topic: 'list:a', reason: 'deleted' }]);
    expect(sentFrames(run([...inputs, watch]).last)).toHaveLength(1);
  });

  it('subscribes again when revoked, because a lower role may still read', () => {
    const ended: Input = received({ type: 'ended', topic: 'list:a', reason: 'revoked' });
    const inputs = [received(welcome), watch, subscribed('list:a', 1), ended];
    expect(sentFrames(run(inputs).last)).toEqual([{ type: 'subscribe', id: 2, topic: 'list:a' }]);
  });

  it('subscribes later when the server is overloaded', () => {
    const busy: Input = received({
      type: 'error',
      id: 1,
      code: 'overloaded',
      message: '',
      retry_in: 1.5,
    });
    const { session, last } = run([received(welcome), watch, busy]);
    expect(last).toEqual([{ type: 'subscribe later', topic: 'list:a', seconds: 1.5 }]);
    const again = reduce(session, { type: 'subscribe', topic: 'list:a' }, () => null);
    expect(sentFrames(again.outputs)).toHaveLength(1);
  });

  it('sends presence after each subscription', () => {
    const show: Input = { type: 'set presence', topic: 'list:a', presence: { state: 'viewing' } };
    const frames = [{ type: 'presence', topic: 'list:a', state: 'viewing' }];
    const first = [watch, show, received(welcome), subscribed('list:a', 1)];
    expect(sentFrames(run(first).last)).toEqual(frames);
    const again: Input[] = [{ type: 'disconnected' }, received(welcome), subscribed('list:a', 2)];
    expect(sentFrames(run([...first, ...again]).last)).toEqual(frames);
  });

  it('unsubscribes from an unwatched topic if it was subscribed to', () => {
    const unwatch: Input = { type: 'unwatch', topic: 'list:a' };
    expect(sentFrames(run([received(welcome), watch, unwatch]).last)).toEqual([
      { type: 'unsubscribe', topic: 'list:a' },
    ]);
    expect(run([watch, unwatch]).last).toEqual([]);
  });
});
