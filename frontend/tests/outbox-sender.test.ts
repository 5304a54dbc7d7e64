import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { Edit } from '../src/sync/edit';
import { optimisticRows } from '../src/sync/optimistic-view';
import { entriesOfList, rejectedEntries, waitingEntries } from '../src/sync/outbox';
import { OutboxSender } from '../src/sync/outbox-sender';
import { applyFrame, emptyReplica, type Replica } from '../src/sync/replica';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { ManualClock, promises } from './fake/clock';
import { ana, change, item, snapshot } from './fake/rows';

interface Sent {
  ask: HttpRequest;
  answer: (body: unknown) => void;
  fail: (error: Error) => void;
}

let clock: ManualClock;
let sent: Sent[];
let signedOut: number;
let shelf: MemoryOutboxStorage;
let postman: OutboxSender;
let replica: Replica;

const tick = (id: string): Edit => ({
  type: 'change',
  list: 'one',
  item: id,
  fields: { purchased: true },
});
const add = (id: string, name: string): Edit => ({
  type: 'add',
  list: 'one',
  item: id,
  fields: { name },
});
const at = (index: number): Sent => {
  const one = sent[index];
  if (!one) throw new Error(`request ${index} was not sent`);
  return one;
};
const seen = (): string[] =>
  optimisticRows(replica.items, entriesOfList(postman.outbox, 'one'), ana).map(
    ({ item: { name, purchased } }) => (purchased ? `[${name}]` : name),
  );

beforeEach(async () => {
  clock = new ManualClock();
  sent = [];
  signedOut = 0;
  shelf = new MemoryOutboxStorage();
  replica = applyFrame(
    emptyReplica('list:one'),
    snapshot(42, { items: [item('milk'), item('eggs')] }),
  ).replica;
  postman = new OutboxSender(
    <T>(ask: HttpRequest) =>
      new Promise<T>((answer, fail) => {
        sent.push({ ask, answer: answer as (body: unknown) => void, fail });
      }),
    clock,
    shelf,
    {
      onChange: () => undefined,
      onSignedOut: () => (signedOut += 1),
      onAcknowledged: () => {
        postman.confirm(replica, null);
      },
    },
  );
  await postman.start();
});

describe('outbox', () => {
  it('shows an edit at once', () => {
    postman.enqueue(tick('milk'), 'milk');
    postman.enqueue(add('new', 'Bread'), 'Bread');
    expect(seen()).toEqual(['eggs', '[milk]', 'Bread']);
  });

  it('sends one edit after the other, in order', async () => {
    postman.enqueue(tick('milk'), 'milk');
    postman.enqueue(tick('eggs'), 'eggs');
    expect(sent.map(({ ask }) => ask.path)).toEqual(['shopping-lists/one/shopping-items/milk/']);
    at(0).answer({ id: 'milk', version: 43 });
    await promises();
    expect(at(1).ask.path).toContain('eggs');
  });

  it('lets no tick come back between the answer and the change', async () => {
    const op = postman.enqueue(tick('milk'), 'milk');
    at(0).answer({ id: 'milk', version: 43 });
    await promises();
    expect(waitingEntries(postman.outbox)).toEqual([]);
    expect(seen()).toEqual(['eggs', '[milk]']);
    const ticked = change(43, { op, items: [item('milk', { purchased: true })] });
    replica = applyFrame(replica, ticked).replica;
    postman.confirm(replica, ticked);
    expect(postman.outbox).toEqual([]);
    expect(seen()).toEqual(['eggs', '[milk]']);
  });

  it('settles when the op comes back before the answer', async () => {
    const op = postman.enqueue(tick('milk'), 'milk');
    const ticked = change(43, { op, items: [item('milk', { purchased: true })] });
    replica = applyFrame(replica, ticked).replica;
    postman.confirm(replica, ticked);
    expect(postman.outbox).toEqual([]);
    at(0).fail(unreachableProblem());
    await promises();
    expect(postman.outbox).toEqual([]);
  });

  it('settles by version when the change came inside a snapshot', async () => {
    postman.enqueue(tick('milk'), 'milk');
    at(0).answer({ id: 'milk', version: 43 });
    await promises();
    replica = applyFrame(
      replica,
      snapshot(45, { items: [item('milk', { purchased: true })] }),
    ).replica;
    postman.confirm(replica, null);
    expect(postman.outbox).toEqual([]);
  });

  it('sends again under the same op when the network failed', async () => {
    postman.enqueue(tick('milk'), 'milk');
    at(0).fail(unreachableProblem());
    await promises();
    expect(seen()).toEqual(['eggs', '[milk]']);
    clock.advance(500);
    expect(at(1).ask.op).toBe(at(0).ask.op);
  });

  it('sends at once when the line is back', async () => {
    postman.enqueue(tick('milk'), 'milk');
    at(0).fail(parseProblem(503, {}, null));
    await promises();
    postman.flush();
    expect(sent).toHaveLength(2);
  });

  it('waits as long as a throttle says', async () => {
    postman.enqueue(tick('milk'), 'milk');
    at(0).fail(parseProblem(429, {}, '7'));
    await promises();
    clock.advance(6999);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(sent).toHaveLength(2);
  });

  it('keeps a refused edit with its reason, and holds nobody up', async () => {
    postman.enqueue(tick('milk'), 'milk');
    postman.enqueue(tick('eggs'), 'eggs');
    at(0).fail(parseProblem(404, { detail: 'It is gone.' }, null));
    await promises();
    expect(rejectedEntries(postman.outbox)).toMatchObject([
      { label: 'milk', reason: 'It is gone.' },
    ]);
    expect(seen()).toEqual(['[eggs]', 'milk']);
    expect(at(1).ask.path).toContain('eggs');
  });

  it('lets the person retry or drop what was refused', async () => {
    const op = postman.enqueue(tick('milk'), 'milk');
    at(0).fail(parseProblem(403, {}, null));
    await promises();
    postman.retry(op);
    expect(at(1).ask.op).toBe(op);
    at(1).fail(parseProblem(403, {}, null));
    await promises();
    postman.discard(op);
    expect(postman.outbox).toEqual([]);
  });

  it('follows an added item to the id that it really has', async () => {
    postman.enqueue(add('mine', 'Bread'), 'Bread');
    postman.enqueue(tick('mine'), 'Bread');
    at(0).answer({ id: 'theirs', version: 43 });
    await promises();
    expect(at(1).ask.path).toContain('theirs');
  });

  it('shows a bought item put back rather than a second one', () => {
    const bought = change(43, { items: [item('milk', { purchased: true })] });
    replica = applyFrame(replica, bought).replica;
    postman.enqueue(add('new', ' MILK '), 'Milk');
    expect(seen()).toEqual(['eggs', 'milk']);
  });

  it('takes removing what is already gone for done', async () => {
    postman.enqueue({ type: 'remove', list: 'one', item: 'milk' }, 'milk');
    expect(seen()).toEqual(['eggs']);
    at(0).fail(parseProblem(404, {}, null));
    await promises();
    expect(rejectedEntries(postman.outbox)).toEqual([]);
    const removed = change(43, { gone: ['milk'] });
    replica = applyFrame(replica, removed).replica;
    postman.confirm(replica, removed);
    expect(postman.outbox).toEqual([]);
  });

  it('waits for the person to sign in, then goes on', async () => {
    postman.enqueue(tick('milk'), 'milk');
    at(0).fail(parseProblem(401, {}, null));
    await promises();
    expect(signedOut).toBe(1);
    clock.advance(60_000);
    expect(sent).toHaveLength(1);
    await postman.start();
    expect(sent).toHaveLength(2);
  });

  it('takes up what an earlier page left on the shelf', async () => {
    postman.enqueue(tick('milk'), 'milk');
    const later = new OutboxSender(() => new Promise(() => undefined), clock, shelf, {
      onChange: () => undefined,
      onSignedOut: () => undefined,
      onAcknowledged: () => undefined,
    });
    await later.start();
    expect(later.outbox).toMatchObject([{ label: 'milk', state: 'sending' }]);
  });
});
