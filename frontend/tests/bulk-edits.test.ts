import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { Edit } from '../src/sync/edit';
import { entriesOfList, changeVersionOf, rejectedEntries } from '../src/sync/outbox';
import { optimisticRows } from '../src/sync/optimistic-view';
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

let sent: Sent[];
let postman: OutboxSender;
let replica: Replica;

const milk = item('milk');
const eggs = item('eggs', { purchased: true });
const tea = item('tea', { purchased: true });
const last = (): Sent => {
  const one = sent.at(-1);
  if (!one) throw new Error('nothing was sent');
  return one;
};
const seen = (): string[] =>
  optimisticRows(replica.items, entriesOfList(postman.outbox, 'one'), ana).map(
    ({ item: { name, purchased } }) => (purchased ? `[${name}]` : name),
  );
const many = (verb: 'untick items' | 'remove items'): Edit => ({
  type: verb,
  list: 'one',
  items: ['eggs', 'tea'],
});
const undo = (undoneOp: string, fields: Partial<Edit & { type: 'undo' }> = {}): Edit => ({
  type: 'undo',
  list: 'one',
  undoneOp,
  version: postman.changeVersionOf(undoneOp),
  restoredRows: [eggs, tea],
  removedIds: [],
  ...fields,
});

beforeEach(async () => {
  sent = [];
  replica = applyFrame(
    emptyReplica('list:one'),
    snapshot(42, { items: [milk, eggs, tea] }),
  ).replica;
  postman = new OutboxSender(
    <T>(ask: HttpRequest) =>
      new Promise<T>((answer, fail) => {
        sent.push({ ask, answer: answer as (body: unknown) => void, fail });
      }),
    new ManualClock(),
    new MemoryOutboxStorage(),
    {
      onChange: () => undefined,
      onSignedOut: () => undefined,
      onAcknowledged: () => {
        postman.confirm(replica, null);
      },
    },
  );
  await postman.start();
});

describe('a change of many', () => {
  it('is one request, and is seen at once', () => {
    postman.enqueue(many('untick items'), 'all');
    expect(seen()).toEqual(['eggs', 'milk', 'tea']);
    expect(last().ask).toMatchObject({
      path: 'shopping-lists/one/shopping-items/untick/',
      body: { purchased: true },
    });
    expect(sent.length).toBe(1);
  });

  it('goes back in one request, after it was saved', async () => {
    const op = postman.enqueue(many('remove items'), 'all');
    expect(seen()).toEqual(['milk']);
    last().answer({ version: 43, items: ['eggs', 'tea'] });
    await promises();
    postman.enqueue(undo(op), 'all');
    expect(seen()).toEqual(['[eggs]', 'milk', '[tea]']);
    expect(last().ask.path).toBe('shopping-lists/one/activities/43/undo/');
  });

  it('can be undone before it is saved, in order', async () => {
    const op = postman.enqueue(many('remove items'), 'all');
    postman.enqueue(undo(op), 'all');
    expect(seen()).toEqual(['[eggs]', 'milk', '[tea]']);
    expect(sent.length).toBe(1);
    last().answer({ version: 43, items: ['eggs', 'tea'] });
    await promises();
    expect(last().ask.path).toBe('shopping-lists/one/activities/43/undo/');
  });

  it('is known by its change too, where the answer was lost', () => {
    const op = postman.enqueue(many('remove items'), 'all');
    const told = change(43, { op, verb: 'items.removed', gone: ['eggs', 'tea'] });
    replica = applyFrame(replica, told).replica;
    postman.confirm(replica, told);
    expect(postman.changeVersionOf(op)).toBe(43);
  });

  it('takes its undo with it when it is refused', async () => {
    const op = postman.enqueue(many('remove items'), 'all');
    postman.enqueue(undo(op), 'all');
    last().fail(parseProblem(403, { detail: 'You may not.' }, null));
    await promises();
    expect(rejectedEntries(postman.outbox).map(({ edit }) => edit.type)).toEqual(['remove items']);
    expect(postman.outbox.length).toBe(1);
    expect(sent.length).toBe(1);
  });

  it('never undoes the change of somebody else, where it changed nothing', async () => {
    expect(changeVersionOf({ version: 42, items: [] })).toBeNull();
    expect(
      changeVersionOf({ version: 42, results: [{ outcome: 'merged', item: { id: 'x' } }] }),
    ).toBeNull();
    const op = postman.enqueue(many('untick items'), 'all');
    postman.enqueue(undo(op), 'all');
    last().answer({ version: 42, items: [] });
    await promises();
    expect(sent.length).toBe(1);
    expect(postman.outbox).toEqual([]);
  });
});

describe('adding many', () => {
  const newItems = ['Bread', 'EGGS', 'bread'].map((name, index) => ({
    item: `new${index}`,
    fields: { name },
  }));
  const paste: Edit = { type: 'add items', list: 'one', newItems };

  it('adds, merges and puts back as the server will', () => {
    postman.enqueue(paste, '3 items');
    expect(seen()).toEqual(['eggs', 'milk', '[tea]', 'Bread']);
    expect(last().ask).toMatchObject({
      path: 'shopping-lists/one/shopping-items/bulk/',
      body: { items: [{ id: 'new0', name: 'Bread' }, { name: 'EGGS' }, { name: 'bread' }] },
    });
  });

  it('keeps the order of the lines', () => {
    const many = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    const edit: Edit = {
      type: 'add items',
      list: 'one',
      newItems: many.map((name) => ({ item: name, fields: { name } })),
    };
    postman.enqueue(edit, '12 items');
    expect(seen().slice(3)).toEqual(many);
  });

  it('points later edits at the rows that there really are', async () => {
    postman.enqueue(paste, '3 items');
    postman.enqueue({ type: 'remove', list: 'one', item: 'new0' }, 'Bread');
    last().answer({
      version: 43,
      results: [
        { outcome: 'added', item: { id: 'server' } },
        { outcome: 'put_back', item: { id: 'eggs' } },
        { outcome: 'merged', item: { id: 'server' } },
      ],
    });
    await promises();
    expect(last().ask.path).toBe('shopping-lists/one/shopping-items/server/');
  });

  it('finds those rows by name in the change, where the answer was lost', async () => {
    const op = postman.enqueue(paste, '3 items');
    postman.enqueue({ type: 'remove', list: 'one', item: 'new0' }, 'Bread');
    const items = [item('server', { name: 'Bread' }), item('eggs')];
    const told = change(43, { op, verb: 'items.added', items });
    replica = applyFrame(replica, told).replica;
    postman.confirm(replica, told);
    expect(postman.outbox.map(({ edit }) => 'item' in edit && edit.item)).toEqual(['server']);
    await promises();
  });
});
