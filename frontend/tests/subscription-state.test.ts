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
  server: '1',
  connection: 'c',
  user: { id: 3, name: 'Ana' },
  lists: [],
  heartbeat: 20,
  limits: {},
};

const heard = (frame: ServerFrame): Input => ({ type: 'frame', frame });
const subscribed = (topic: string, id: number): Input =>
  heard({ type: 'subscribed', topic, id, epoch: 'e', version: 1, recovered: true });

function run(
  inputs: Input[],
  since: number | null = null,
): { session: SubscriptionState; last: Output[] } {
  let session = initialSubscriptionState;
  let last: Output[] = [];
  for (const input of inputs) {
    const turn = reduce(session, input, () => (since === null ? null : { since, epoch: 'e' }));
    session = turn.state;
    last = turn.outputs;
  }
  return { session, last };
}

const want: Input = { type: 'watch', topic: 'list:a' };
const sent = (outputs: Output[]): unknown[] =>
  outputs.flatMap((output) => (output.type === 'send' ? [output.frame] : []));

describe('session', () => {
  it('asks for nothing before the welcome, then for everything wanted', () => {
    expect(run([want]).last).toEqual([]);
    const { last } = run([want, { type: 'watch', topic: 'requests' }, heard(welcome)]);
    expect(sent(last)).toEqual([
      { type: 'subscribe', id: 1, topic: 'list:a' },
      { type: 'subscribe', id: 2, topic: 'requests' },
    ]);
  });

  it('asks again after a reconnect, from where the replica stands', () => {
    const { last } = run(
      [heard(welcome), want, subscribed('list:a', 1), { type: 'disconnected' }, heard(welcome)],
      41,
    );
    expect(sent(last)).toEqual([
      { type: 'subscribe', id: 2, topic: 'list:a', since: 41, epoch: 'e' },
    ]);
  });

  it('subscribes again at a gap, and only once while the answer is out', () => {
    const gap: Input = { type: 'gap', topic: 'list:a' };
    const following = [heard(welcome), want, subscribed('list:a', 1)];
    expect(sent(run([...following, gap], 41).last)).toHaveLength(1);
    expect(run([...following, gap, gap], 41).last).toEqual([]);
  });

  it('waits for the answer to its newest question', () => {
    const gap: Input = { type: 'gap', topic: 'list:a' };
    const { session } = run([
      heard(welcome),
      want,
      subscribed('list:a', 1),
      gap,
      subscribed('list:a', 1),
    ]);
    expect(session.topics.get('list:a')?.status).toBe('pending');
  });

  it('says over when a topic is refused, and does not ask again', () => {
    const refused: Input = heard({ type: 'error', id: 1, code: 'not_found', message: '' });
    const inputs = [heard(welcome), want, refused];
    expect(run(inputs).last).toEqual([{ type: 'close topic', topic: 'list:a', reason: 'refused' }]);
    expect(run([...inputs, { type: 'disconnected' }, heard(welcome)]).last).toEqual([]);
  });

  it('asks again for a topic that was over when it is wanted again', () => {
    const ended: Input = heard({ type: 'ended', topic: 'list:a', reason: 'deleted' });
    const inputs: Input[] = [heard(welcome), want, ended];
    expect(run(inputs).last).toEqual([{ type: 'close topic', topic: 'list:a', reason: 'deleted' }]);
    expect(sent(run([...inputs, want]).last)).toHaveLength(1);
  });

  it('asks once more when revoked, for a lower role may still read', () => {
    const ended: Input = heard({ type: 'ended', topic: 'list:a', reason: 'revoked' });
    const inputs = [heard(welcome), want, subscribed('list:a', 1), ended];
    expect(sent(run(inputs).last)).toEqual([{ type: 'subscribe', id: 2, topic: 'list:a' }]);
  });

  it('comes back later when the server is overloaded', () => {
    const busy: Input = heard({
      type: 'error',
      id: 1,
      code: 'overloaded',
      message: '',
      retry_in: 1.5,
    });
    const { session, last } = run([heard(welcome), want, busy]);
    expect(last).toEqual([{ type: 'subscribe later', topic: 'list:a', seconds: 1.5 }]);
    const again = reduce(session, { type: 'subscribe', topic: 'list:a' }, () => null);
    expect(sent(again.outputs)).toHaveLength(1);
  });

  it('tells its presence once the topic is followed, and again after a reconnect', () => {
    const show: Input = { type: 'set presence', topic: 'list:a', presence: 'viewing' };
    const told = [{ type: 'presence', topic: 'list:a', state: 'viewing' }];
    const first = [want, show, heard(welcome), subscribed('list:a', 1)];
    expect(sent(run(first).last)).toEqual(told);
    const again: Input[] = [{ type: 'disconnected' }, heard(welcome), subscribed('list:a', 2)];
    expect(sent(run([...first, ...again]).last)).toEqual(told);
  });

  it('unsubscribes what is forgotten, and stays quiet when nothing was asked', () => {
    const forget: Input = { type: 'unwatch', topic: 'list:a' };
    expect(sent(run([heard(welcome), want, forget]).last)).toEqual([
      { type: 'unsubscribe', topic: 'list:a' },
    ]);
    expect(run([want, forget]).last).toEqual([]);
  });
});
