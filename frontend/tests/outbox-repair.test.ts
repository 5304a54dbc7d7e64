import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { Problem, unreachableProblem } from '../src/net/problem';
import type { ClientFrame, ServerFrame } from '../src/protocol/frames';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, item, listRow, snapshot, welcome } from './fake/rows';
import { FakeBrowser } from './fake/storage';

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

  it('OFF-40 gets the creation and the edits again, and the list stays open', async () => {
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

  it('OFF-40 gets them also if an edit tells first', async () => {
    const { creation, milk } = await createList();
    const tea = add('tea');
    await settlePromises();
    requests = [];
    await respond(missing);
    await respond(created);
    await respond({ ...item('milk'), version: 2, outcome: 'added' });
    await respond({ ...item('tea'), version: 3, outcome: 'added' });
    expect(sentOps()).toEqual([creation, milk, tea]);
    expect(engine.outbox.map(({ state }) => state)).not.toContain('rejected');
  });

  it('OFF-40 gets them once: a list that is refused again has ended', async () => {
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

describe('an undo of a history that is gone', () => {
  const undo = (undoneOp: string, version: number): string =>
    engine.submit(
      { type: 'undo', list: 'one', undoneOp, version, restoredRows: [], removedIds: [] },
      'milk',
    );

  function follow(version: number, epoch = 'aaaaaaaa'): void {
    receive(snapshot(version, { epoch, items: [item('milk')] }));
  }

  it('OFF-41 is not sent with the version of another change', async () => {
    engine.watch(topic);
    engine.start();
    receive(welcome('one'));
    follow(7);
    undo('long ago', 6);
    await settlePromises();
    await respond(unreachableProblem());
    requests = [];
    follow(7, 'bbbbbbbb');
    clock.advance(60_000);
    await settlePromises();
    expect(requests).toEqual([]);
    expect(engine.outbox).toMatchObject([
      { state: 'rejected', reason: expect.stringContaining('history') as string },
    ]);
  });

  it('OFF-41 waits for the new version of an edit that is sent again', async () => {
    engine.watch(topic);
    engine.start();
    receive(welcome('one'));
    follow(5);
    const milk = add('milk');
    await settlePromises();
    await respond({ ...item('milk'), version: 6, outcome: 'added' });
    const undoing = undo(milk, 6);
    await settlePromises();
    await respond(unreachableProblem());
    requests = [];
    follow(4);
    clock.advance(60_000);
    await settlePromises();
    await respond({ ...item('milk'), version: 5, outcome: 'added' });
    expect(requests).toMatchObject([
      { op: milk },
      { op: undoing, path: 'shopping-lists/one/activities/5/undo/' },
    ]);
  });

  it('OFF-41 has no version any more when the user asks for it', async () => {
    engine.watch(topic);
    engine.start();
    receive(welcome('one'));
    follow(5);
    const milk = add('milk');
    await settlePromises();
    await respond({ ...item('milk'), version: 6, outcome: 'added' });
    expect(engine.changeVersionOf(milk)).toBe(6);
    follow(9, 'bbbbbbbb');
    expect(engine.changeVersionOf(milk)).toBeNull();
  });
});

describe('an edit whose response was lost so long ago that the server forgot its op', () => {
  it('OFF-42 is saved if its id is taken by itself', async () => {
    engine.start();
    receive(welcome());
    create();
    const milk = add('milk');
    await settlePromises();
    await respond(taken);
    expect(requests.at(-1)).toMatchObject({ method: 'GET', path: 'shopping-lists/one/' });
    await respond(created);
    expect(requests.at(-1)).toMatchObject({ op: milk });
    await respond(taken);
    expect(requests.at(-1)).toMatchObject({
      method: 'GET',
      path: 'shopping-lists/one/shopping-items/milk/',
    });
    await respond({ ...item('milk'), version: 2 });
    expect(engine.outbox.map(({ state }) => state)).not.toContain('rejected');
  });

  it('OFF-42 is refused if the id is taken by another one', async () => {
    engine.start();
    receive(welcome());
    create();
    await settlePromises();
    await respond(taken);
    await respond(missing);
    expect(engine.outbox).toMatchObject([{ state: 'rejected', reason: 'The id is in use.' }]);
  });
});

describe('a created list', () => {
  it('OFF-43 is told to the stores once, with the response of the server', async () => {
    engine.start();
    receive(welcome());
    create();
    await settlePromises();
    await respond(created);
    expect(events.filter(({ kind }) => kind === 'created')).toEqual([
      { kind: 'created', row: created },
    ]);
  });

  it('OFF-44 that one tab drops takes no edit of another tab along without a word', async () => {
    const browser = new FakeBrowser(clock);
    const other = browser.openTab();
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    await Promise.all([engine.open(ana.id, browser.openTab().storage), stepAll()]);
    const creation = create();
    await stepAll();
    // The other tab drops the list. This one has not heard of it and edits the list.
    void other.outbox.update(({ entries, aliases }) => ({
      entries: entries.filter(({ op }) => op !== creation),
      aliases,
    }));
    add('milk');
    await stepAll();
    engine.start();
    receive(welcome());
    await stepAll();
    await respond(missing);
    await stepAll();
    expect(engine.outbox).toMatchObject([
      { label: 'milk', state: 'rejected', reason: 'Not found.' },
    ]);
  });
});
