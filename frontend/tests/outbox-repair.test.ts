import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import type { ClientFrame, ServerFrame } from '../src/protocol/frames';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { ana, listRow, welcome } from './fake/rows';

const created = {
  ...listRow('one', { name: 'Camping' }),
  version: 1,
  items_open: 0,
  items_total: 0,
};
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
