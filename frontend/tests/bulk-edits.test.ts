import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { Edit } from '../src/sync/edit';
import { entriesOfList, changeVersionOf, rejectedEntries } from '../src/sync/outbox';
import { optimisticRows } from '../src/sync/list-view';
import { OutboxSender } from '../src/sync/outbox-sender';
import { applyFrame, emptyReplica, type Replica } from '../src/sync/replica';
import { ManualClock, settlePromises } from './fake/clock';
import { ana, change, DigestWriter, item, snapshot } from './fake/rows';

interface SentRequest {
  request: HttpRequest;
  respond: (body: unknown) => void;
  fail: (error: Error) => void;
}

let sent: SentRequest[];
let sender: OutboxSender;
let replica: Replica;
let digests: DigestWriter;

const merged = { outcome: 'merged', changed: [] } as const;
const milk = item('milk');
const eggs = item('eggs', { purchased: true });
const tea = item('tea', { purchased: true });
const lastRequest = (): SentRequest => {
  const request = sent.at(-1);
  if (!request) throw new Error('nothing was sent');
  return request;
};
const visibleNames = (): string[] =>
  optimisticRows(replica.items, entriesOfList(sender.outbox, 'one'), ana).map(
    ({ item: { name, purchased } }) => (purchased ? `[${name}]` : name),
  );
const bulkEdit = (verb: 'untick items' | 'remove items'): Edit => ({
  type: verb,
  list: 'one',
  items: ['eggs', 'tea'],
});
const undo = (undoneOp: string, fields: Partial<Edit & { type: 'undo' }> = {}): Edit => ({
  type: 'undo',
  list: 'one',
  undoneOp,
  version: sender.changeVersionOf(undoneOp),
  restoredRows: [eggs, tea],
  removedIds: [],
  ...fields,
});

beforeEach(async () => {
  sent = [];
  digests = new DigestWriter();
  replica = applyFrame(
    emptyReplica('list:one'),
    digests.write(snapshot(42, { items: [milk, eggs, tea] })),
  ).replica;
  sender = new OutboxSender(
    <T>(request: HttpRequest) =>
      new Promise<T>((resolve, reject) => {
        sent.push({ request, respond: resolve as (body: unknown) => void, fail: reject });
      }),
    new ManualClock(),
    {
      onChange: () => undefined,
      onSignedOut: () => undefined,
      onAcknowledged: () => {
        sender.confirm('one', replica, null);
      },
    },
  );
  await sender.start();
});

describe('a bulk edit', () => {
  it('is one request, and is visible immediately', () => {
    sender.enqueue(bulkEdit('untick items'), 'all');
    expect(visibleNames()).toEqual(['eggs', 'milk', 'tea']);
    expect(lastRequest().request).toMatchObject({
      path: 'shopping-lists/one/shopping-items/untick/',
      body: { purchased: true },
    });
    expect(sent.length).toBe(1);
  });

  it('is undone in one request after it was saved', async () => {
    const op = sender.enqueue(bulkEdit('remove items'), 'all');
    expect(visibleNames()).toEqual(['milk']);
    lastRequest().respond({ version: 43, items: ['eggs', 'tea'] });
    await settlePromises();
    sender.enqueue(undo(op), 'all');
    expect(visibleNames()).toEqual(['[eggs]', 'milk', '[tea]']);
    expect(lastRequest().request.path).toBe('shopping-lists/one/activities/43/undo/');
  });

  it('can be undone before it is saved', async () => {
    const op = sender.enqueue(bulkEdit('remove items'), 'all');
    sender.enqueue(undo(op), 'all');
    expect(visibleNames()).toEqual(['[eggs]', 'milk', '[tea]']);
    expect(sent.length).toBe(1);
    lastRequest().respond({ version: 43, items: ['eggs', 'tea'] });
    await settlePromises();
    expect(lastRequest().request.path).toBe('shopping-lists/one/activities/43/undo/');
  });

  it('gets its version from the change frame when the response was lost', () => {
    const op = sender.enqueue(bulkEdit('remove items'), 'all');
    const frame = digests.write(change(43, { op, verb: 'items.removed', gone: ['eggs', 'tea'] }));
    replica = applyFrame(replica, frame).replica;
    sender.confirm('one', replica, frame);
    expect(sender.changeVersionOf(op)).toBe(43);
  });

  it('drops its undo when the server rejects it', async () => {
    const op = sender.enqueue(bulkEdit('remove items'), 'all');
    sender.enqueue(undo(op), 'all');
    lastRequest().fail(parseProblem(403, { detail: 'You may not.' }, null));
    await settlePromises();
    expect(rejectedEntries(sender.outbox).map(({ edit }) => edit.type)).toEqual(['remove items']);
    expect(sender.outbox.length).toBe(1);
    expect(sent.length).toBe(1);
  });

  it('drops its undo when it changed nothing', async () => {
    expect(changeVersionOf({ version: 42, items: [] })).toBeNull();
    expect(
      changeVersionOf({ version: 42, results: [{ ...merged, item: { id: 'x' } }] }),
    ).toBeNull();
    const changing = { ...merged, changed: ['note'] as const, item: { id: 'x' } };
    expect(changeVersionOf({ version: 42, results: [changing] })).toBe(42);
    const op = sender.enqueue(bulkEdit('untick items'), 'all');
    sender.enqueue(undo(op), 'all');
    lastRequest().respond({ version: 42, items: [] });
    await settlePromises();
    expect(sent.length).toBe(1);
    expect(sender.outbox).toEqual([]);
  });
});

describe('adding several items', () => {
  const newItems = ['Bread', 'EGGS', 'bread'].map((name, index) => ({
    item: `new${index}`,
    fields: { name },
  }));
  const paste: Edit = { type: 'add items', list: 'one', newItems };

  it('adds, merges and reopens items as the server does', () => {
    sender.enqueue(paste, '3 items');
    expect(visibleNames()).toEqual(['eggs', 'milk', '[tea]', 'Bread']);
    expect(lastRequest().request).toMatchObject({
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
    sender.enqueue(edit, '12 items');
    expect(visibleNames().slice(3)).toEqual(many);
  });

  it('gives later edits the ids from the response', async () => {
    sender.enqueue(paste, '3 items');
    sender.enqueue({ type: 'remove', list: 'one', item: 'new0' }, 'Bread');
    lastRequest().respond({
      version: 43,
      results: [
        { outcome: 'added', changed: [], item: { id: 'server' } },
        { outcome: 'put_back', changed: [], item: { id: 'eggs' } },
        { ...merged, item: { id: 'server' } },
      ],
    });
    await settlePromises();
    expect(lastRequest().request.path).toBe('shopping-lists/one/shopping-items/server/');
  });

  it('finds the ids by name in the change frame when the response was lost', async () => {
    const op = sender.enqueue(paste, '3 items');
    sender.enqueue({ type: 'remove', list: 'one', item: 'new0' }, 'Bread');
    const items = [item('server', { name: 'Bread' }), item('eggs')];
    const frame = digests.write(change(43, { op, verb: 'items.added', items }));
    replica = applyFrame(replica, frame).replica;
    sender.confirm('one', replica, frame);
    expect(sender.outbox.map(({ edit }) => 'item' in edit && edit.item)).toEqual(['server']);
    await settlePromises();
  });

  it('API-42 keeps a line that the server could not merge as a rejected edit', async () => {
    const op = sender.enqueue(paste, '3 items');
    const conflict = { outcome: 'conflict', changed: [], reason: 'Too long.' };
    const response = {
      version: 43,
      results: [
        { outcome: 'added', changed: [], item: { id: 'new0' } },
        { ...conflict, item: { id: 'eggs' } },
        { ...merged, item: { id: 'new0' } },
      ],
    };
    lastRequest().respond(response);
    await settlePromises();
    const rejected = rejectedEntries(sender.outbox);
    expect(rejected.map(({ label, reason }) => [label, reason])).toEqual([['EGGS', 'Too long.']]);
    expect(rejected[0]?.edit).toMatchObject({
      type: 'add',
      item: 'new1',
      fields: { name: 'EGGS' },
    });
    expect(rejected[0]?.op).not.toBe(op);
    sender.retry(rejected[0]?.op ?? '');
    expect(lastRequest().request).toMatchObject({ method: 'POST', body: { name: 'EGGS' } });
  });
});
