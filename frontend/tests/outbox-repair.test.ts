import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import type { ClientFrame, ServerFrame } from '../src/protocol/frames';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, item, listRow, snapshot, welcome } from './fake/rows';

const topic = 'list:one';
const created = {
  ...listRow('one', { name: 'Camping' }),
  version: 1,
  items_open: 0,
  items_total: 0,
};
const missing = new Problem(404, 'not_found', 'Not found.');
const taken = new Problem(409, 'id_taken', 'The id is in use.');

let engine: Engine;
let events: EngineEvent[];
let frames: ClientFrame[];
let requests: HttpRequest[];
let clock: ManualClock;
let receive: (...received: ServerFrame[]) => void;
/** Respond to the oldest request that has no response. */
let respond: (response: unknown) => Promise<void>;

beforeEach(() => {
  [events, frames, requests] = [[], [], []];
  const pending: ((response: unknown) => void)[] = [];
  clock = new ManualClock();
  engine = new Engine(
    ({ onFrames }) => {
      receive = (...received) => {
        onFrames(received);
      };
      return { send: (frame) => frames.push(frame), close: () => undefined };
    },
    <T>(request: HttpRequest) => {
      requests.push(request);
      return new Promise<T>((resolve, reject) => {
        pending.push((response) => {
          if (response instanceof Error) reject(response);
          else resolve(response as T);
        });
      });
    },
    clock,
    paintAtOnce,
  );
  respond = async (response) => {
    pending.shift()?.(response);
    await settlePromises();
  };
  engine.subscribe((some) => events.push(...some));
});

const create = (): string =>
  engine.submit({ type: 'create', list: 'one', name: 'Camping', owner: ana }, 'Camping');
const add = (name: string): string =>
  engine.submit({ type: 'add', list: 'one', item: name, fields: { name } }, name);
const sentOps = (): (string | undefined)[] => requests.map(({ op }) => op);
const subscribeId = (): number => {
  const subscribed = frames.findLast(({ type }) => type === 'subscribe');
  return (subscribed as { id?: number } | undefined)?.id ?? 0;
};
const refuse = (): ServerFrame => ({
  type: 'error',
  id: subscribeId(),
  code: 'not_found',
  message: '',
});

describe('a server that went back to a copy from before a list was created', () => {
  async function createList(): Promise<{ creation: string; milk: string }> {
    engine.start();
    receive(welcome());
    const creation = create();
    void engine.openList('one');
    await settlePromises();
    await respond(created);
    await respond(missing); // the snapshot over HTTP: the socket sends it
    const milk = add('milk');
    await settlePromises();
    await respond({ ...item('milk'), version: 2, outcome: 'added' });
    return { creation, milk };
  }

  it('OFF-11 gets the creation and the edits again, and the list stays open', async () => {
    const { creation, milk } = await createList();
    requests = [];
    receive(refuse());
    await settlePromises();
    expect(events.filter(({ kind }) => kind === 'closed')).toEqual([]);
    expect(engine.replica(topic).list?.name).toBe('Camping');
    await respond(created);
    expect(sentOps()).toEqual([creation, milk]);
    await respond({ ...item('milk'), version: 2, outcome: 'added' });
    expect(frames.filter(({ type }) => type === 'subscribe')).toHaveLength(2);
    receive(
      {
        type: 'subscribed',
        id: subscribeId(),
        topic,
        epoch: 'aaaaaaaa',
        version: 2,
        recovered: false,
      },
      snapshot(2, { list: listRow('one', { name: 'Camping' }), items: [item('milk')] }),
    );
    expect(engine.outbox).toEqual([]);
    expect([...engine.replica(topic).items.keys()]).toEqual(['milk']);
  });

  it('OFF-11 shows an edit that tells first, and that can be sent again', async () => {
    const { creation, milk } = await createList();
    const tea = add('tea');
    await settlePromises();
    await respond(missing);
    expect(engine.outbox).toMatchObject([{}, {}, { op: tea, state: 'rejected' }]);
    requests = [];
    receive(refuse());
    await settlePromises();
    await respond(created);
    await respond({ ...item('milk'), version: 2, outcome: 'added' });
    engine.retry(tea);
    await settlePromises();
    await respond({ ...item('tea'), version: 3, outcome: 'added' });
    expect(sentOps()).toEqual([creation, milk, tea]);
    expect(engine.outbox.map(({ state }) => state)).not.toContain('rejected');
  });

  it('OFF-11 gets them once: a list that is refused again has ended', async () => {
    await createList();
    receive(refuse());
    await settlePromises();
    await respond(created);
    await respond({ ...item('milk'), version: 2, outcome: 'added' });
    receive(refuse());
    await settlePromises();
    expect(events).toContainEqual({ kind: 'closed', topic, reason: 'refused' });
    expect(engine.replica(topic).list).toBeNull();
  });
});

describe('an edit whose response was lost so long ago that the server forgot its op', () => {
  it('OFF-12 is saved if its id is in use', async () => {
    engine.start();
    receive(welcome());
    const creation = create();
    const milk = add('milk');
    await settlePromises();
    await respond(taken);
    await respond(taken);
    expect(sentOps()).toEqual([creation, milk]);
    expect(engine.outbox.map(({ state }) => state)).not.toContain('rejected');
    expect(engine.outbox.map(({ state }) => state)).not.toContain('waiting');
  });

  it('OFF-12 is refused for another reason', async () => {
    engine.start();
    receive(welcome());
    create();
    await settlePromises();
    await respond(new Problem(409, 'too_many_lists', 'You have 500 lists.'));
    expect(engine.outbox).toMatchObject([{ state: 'rejected', reason: 'You have 500 lists.' }]);
  });
});

describe('a created list', () => {
  it('OFF-13 is told to the stores once', async () => {
    engine.start();
    receive(welcome());
    create();
    await settlePromises();
    await respond(created);
    expect(events.filter(({ kind }) => kind === 'created')).toMatchObject([
      { row: { id: 'one', name: 'Camping' } },
    ]);
  });
});
