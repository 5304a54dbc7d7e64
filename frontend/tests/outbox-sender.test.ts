import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { Edit } from '../src/sync/edit';
import { optimisticRows } from '../src/sync/list-view';
import {
  ACKNOWLEDGED_RETENTION,
  entriesOfList,
  rejectedEntries,
  waitingEntries,
} from '../src/sync/outbox';
import { REWRITE_DELAY } from '../src/sync/outbox-store';
import { FakeBrowser } from './fake/storage';
import { OutboxSender } from '../src/sync/outbox-sender';
import { applyFrame, emptyReplica, type Replica } from '../src/sync/replica';
import { ManualClock, settlePromises } from './fake/clock';
import { ana, change, DigestWriter, item, snapshot } from './fake/rows';

interface SentRequest {
  request: HttpRequest;
  respond: (body: unknown) => void;
  fail: (error: Error) => void;
}

let clock: ManualClock;
let sent: SentRequest[];
let signedOutCount: number;
let sender: OutboxSender;
let replica: Replica;
let digests: DigestWriter;

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
const requestAt = (index: number): SentRequest => {
  const request = sent[index];
  if (!request) throw new Error(`request ${index} was not sent`);
  return request;
};
const visibleNames = (): string[] =>
  optimisticRows(replica.items, entriesOfList(sender.outbox, 'one'), ana).map(
    ({ item: { name, purchased } }) => (purchased ? `[${name}]` : name),
  );

beforeEach(async () => {
  clock = new ManualClock();
  sent = [];
  signedOutCount = 0;
  digests = new DigestWriter();
  replica = applyFrame(
    emptyReplica('list:one'),
    digests.write(snapshot(42, { items: [item('milk'), item('eggs')] })),
  ).replica;
  sender = new OutboxSender(
    <T>(request: HttpRequest) =>
      new Promise<T>((resolve, reject) => {
        sent.push({ request, respond: resolve as (body: unknown) => void, fail: reject });
      }),
    clock,
    {
      onChange: () => undefined,
      onSignedOut: () => (signedOutCount += 1),
      onAcknowledged: () => {
        sender.confirm('one', replica, null);
      },
    },
  );
  await sender.start();
});

describe('the outbox sender', () => {
  it('shows an edit immediately', () => {
    sender.enqueue(tick('milk'), 'milk');
    sender.enqueue(add('new', 'Bread'), 'Bread');
    expect(visibleNames()).toEqual(['eggs', '[milk]', 'Bread']);
  });

  it('sends edits one after the other, in order', async () => {
    sender.enqueue(tick('milk'), 'milk');
    sender.enqueue(tick('eggs'), 'eggs');
    expect(sent.map(({ request }) => request.path)).toEqual([
      'shopping-lists/one/shopping-items/milk/',
    ]);
    requestAt(0).respond({ id: 'milk', version: 43 });
    await settlePromises();
    expect(requestAt(1).request.path).toContain('eggs');
  });

  it('keeps a tick visible between the response and the change frame', async () => {
    const op = sender.enqueue(tick('milk'), 'milk');
    requestAt(0).respond({ id: 'milk', version: 43 });
    await settlePromises();
    expect(waitingEntries(sender.outbox)).toEqual([]);
    expect(visibleNames()).toEqual(['eggs', '[milk]']);
    const ticked = digests.write(change(43, { op, items: [item('milk', { purchased: true })] }));
    replica = applyFrame(replica, ticked).replica;
    sender.confirm('one', replica, ticked);
    expect(sender.outbox).toEqual([]);
    expect(visibleNames()).toEqual(['eggs', '[milk]']);
  });

  it('confirms an edit when its change frame arrives before the response', async () => {
    const op = sender.enqueue(tick('milk'), 'milk');
    const ticked = digests.write(change(43, { op, items: [item('milk', { purchased: true })] }));
    replica = applyFrame(replica, ticked).replica;
    sender.confirm('one', replica, ticked);
    expect(sender.outbox).toEqual([]);
    requestAt(0).fail(unreachableProblem());
    await settlePromises();
    expect(sender.outbox).toEqual([]);
  });

  it('confirms an edit by its version when a snapshot contains the change', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).respond({ id: 'milk', version: 43 });
    await settlePromises();
    replica = applyFrame(
      replica,
      digests.write(snapshot(45, { items: [item('milk', { purchased: true })] })),
    ).replica;
    sender.confirm('one', replica, null);
    expect(sender.outbox).toEqual([]);
  });

  it('sends saved edits again with the same ops when the list is behind them', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).respond({ id: 'milk', version: 43 });
    await settlePromises();
    sender.enqueue({ type: 'remove', list: 'one', item: 'eggs' }, 'eggs');
    requestAt(1).respond(null);
    await settlePromises();
    sender.resendAfter('other', 42);
    expect(waitingEntries(sender.outbox)).toEqual([]);
    sender.resendAfter('one', 42);
    expect(waitingEntries(sender.outbox)).toHaveLength(2);
    expect(visibleNames()).toEqual(['[milk]']);
    expect(requestAt(2).request).toEqual(requestAt(0).request);
    requestAt(2).respond({ id: 'milk', version: 43 });
    await settlePromises();
    expect(requestAt(3).request).toEqual(requestAt(1).request);
  });

  it('does not send saved edits again that the list contains', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).respond({ id: 'milk', version: 43 });
    await settlePromises();
    sender.resendAfter('one', 43);
    expect(sent).toHaveLength(1);
  });

  it('repeats a request with the same op after a network error', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(unreachableProblem());
    await settlePromises();
    expect(visibleNames()).toEqual(['eggs', '[milk]']);
    clock.advance(500);
    expect(requestAt(1).request.op).toBe(requestAt(0).request.op);
  });

  it('sends immediately when the connection is back', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(parseProblem(503, {}, null));
    await settlePromises();
    sender.flush();
    expect(sent).toHaveLength(2);
  });

  it('waits for the time that a 429 response requires', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(parseProblem(429, {}, '7'));
    await settlePromises();
    clock.advance(6999);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(sent).toHaveLength(2);
  });

  it('repeats an edit that the database could not save, and says why meanwhile', async () => {
    const body = { code: 'database_unavailable', detail: 'The disk is full.' };
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(parseProblem(503, body, '10'));
    await settlePromises();
    expect(sender.delayReason).toBe('The disk is full.');
    expect(waitingEntries(sender.outbox)).toHaveLength(1);
    clock.advance(10_000);
    expect(requestAt(1).request.op).toBe(requestAt(0).request.op);
    requestAt(1).respond({ version: 43 });
    await settlePromises();
    expect(sender.delayReason).toBeNull();
  });

  it('says nothing about the database when the server cannot be reached', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(unreachableProblem());
    await settlePromises();
    expect(sender.delayReason).toBeNull();
  });

  it('keeps a rejected edit with its reason, and sends later edits', async () => {
    sender.enqueue(tick('milk'), 'milk');
    sender.enqueue(tick('eggs'), 'eggs');
    requestAt(0).fail(parseProblem(404, { detail: 'It is gone.' }, null));
    await settlePromises();
    expect(rejectedEntries(sender.outbox)).toMatchObject([
      { label: 'milk', reason: 'It is gone.' },
    ]);
    expect(visibleNames()).toEqual(['[eggs]', 'milk']);
    expect(requestAt(1).request.path).toContain('eggs');
  });

  it('can retry or discard a rejected edit', async () => {
    const op = sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(parseProblem(403, {}, null));
    await settlePromises();
    sender.retry(op);
    expect(requestAt(1).request.op).toBe(op);
    requestAt(1).fail(parseProblem(403, {}, null));
    await settlePromises();
    sender.discard(op);
    expect(sender.outbox).toEqual([]);
  });

  it('uses the id that the server chose for an added item', async () => {
    sender.enqueue(add('mine', 'Bread'), 'Bread');
    sender.enqueue(tick('mine'), 'Bread');
    requestAt(0).respond({ id: 'theirs', version: 43 });
    await settlePromises();
    expect(requestAt(1).request.path).toContain('theirs');
  });

  it('shows a bought item as open when its name is added again', () => {
    const bought = digests.write(change(43, { items: [item('milk', { purchased: true })] }));
    replica = applyFrame(replica, bought).replica;
    sender.enqueue(add('new', ' MILK '), 'Milk');
    expect(visibleNames()).toEqual(['eggs', 'milk']);
  });

  it('counts removing a missing item as success', async () => {
    sender.enqueue({ type: 'remove', list: 'one', item: 'milk' }, 'milk');
    expect(visibleNames()).toEqual(['eggs']);
    requestAt(0).fail(parseProblem(404, {}, null));
    await settlePromises();
    expect(rejectedEntries(sender.outbox)).toEqual([]);
    const removed = digests.write(change(43, { gone: ['milk'] }));
    replica = applyFrame(replica, removed).replica;
    sender.confirm('one', replica, removed);
    expect(sender.outbox).toEqual([]);
  });

  it('pauses until the user signs in', async () => {
    sender.enqueue(tick('milk'), 'milk');
    requestAt(0).fail(parseProblem(401, {}, null));
    await settlePromises();
    expect(signedOutCount).toBe(1);
    clock.advance(60_000);
    expect(sent).toHaveLength(1);
    await sender.start();
    expect(sent).toHaveLength(2);
  });

  it('OFF-1 sends the edits that an earlier page stored, also one that it was sending', async () => {
    const browser = new FakeBrowser(clock);
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    const requests: HttpRequest[] = [];
    const openPage = async (): Promise<OutboxSender> => {
      const page = new OutboxSender(
        (request) => {
          requests.push(request);
          return new Promise(() => undefined);
        },
        clock,
        {
          onChange: () => undefined,
          onSignedOut: () => undefined,
          onAcknowledged: () => undefined,
        },
      );
      const opening = page.open(browser.openTab().storage);
      page.start();
      await stepAll();
      await opening;
      return page;
    };
    const earlier = await openPage();
    const op = earlier.enqueue(tick('milk'), 'milk');
    expect(requests).toEqual([]);
    expect(earlier.isAtRisk(op)).toBe(true);
    await stepAll();
    expect(earlier.isAtRisk(op)).toBe(false);
    expect(requests).toHaveLength(1);
    for (const tab of browser.tabs) browser.close(tab);
    const later = await openPage();
    expect(later.outbox).toMatchObject([{ label: 'milk', state: 'sending' }]);
    expect(requests).toMatchObject([{ op }, { op }]);
  });

  it('OFF-1 keeps what it could not store, warns, and stores it later', async () => {
    const browser = new FakeBrowser(clock);
    const { storage } = browser.openTab();
    const opening = sender.open(storage);
    while (browser.step()) await settlePromises();
    await opening;
    browser.isFull = true;
    const op = sender.enqueue(tick('milk'), 'milk');
    while (browser.step()) await settlePromises();
    await settlePromises();
    expect(visibleNames()).toEqual(['eggs', '[milk]']);
    expect(sender.isAtRisk(op)).toBe(true);
    // It is sent as long as the page is open.
    expect(requestAt(0).request.op).toBe(op);
    browser.isFull = false;
    clock.advance(REWRITE_DELAY);
    while (browser.step()) await settlePromises();
    await settlePromises();
    expect(sender.isAtRisk(op)).toBe(false);
    expect(browser.outbox.entries).toMatchObject([{ op }]);
  });

  it('OFF-8 lets other tabs send while all of its edits wait for a refused list', async () => {
    const browser = new FakeBrowser(clock);
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    const opening = sender.open(browser.openTab().storage);
    await stepAll();
    await opening;
    const op = sender.enqueue({ type: 'create', list: 'new', name: 'New', owner: ana }, 'New');
    sender.enqueue({ ...add('tea', 'Tea'), list: 'new' }, 'Tea');
    await stepAll();
    expect(browser.holder).not.toBeNull();
    requestAt(0).fail(parseProblem(409, { detail: 'You have 500 lists.' }, null));
    await settlePromises();
    await stepAll();
    expect(browser.holder).toBeNull();
    sender.retry(op);
    await stepAll();
    expect(browser.holder).not.toBeNull();
    expect(requestAt(1).request.op).toBe(op);
  });

  it('edits an item under the id that the server chose, long after the item was merged', async () => {
    sender.enqueue(add('mine', 'Milk'), 'Milk');
    requestAt(0).respond({ id: 'milk', version: 42 });
    await settlePromises();
    clock.advance(60_000);
    expect(sender.outbox).toEqual([]);
    sender.enqueue(tick('mine'), 'Milk');
    expect(requestAt(1).request.path).toContain('/milk/');
  });

  it('undoes an edit that was saved meanwhile', async () => {
    const op = sender.enqueue(tick('milk'), 'milk');
    requestAt(0).respond({ version: 43, items: ['milk'] });
    await settlePromises();
    const undo = { list: 'one', undoneOp: op, version: null, restoredRows: [], removedIds: [] };
    sender.enqueue({ type: 'undo', ...undo }, 'milk');
    expect(requestAt(1).request.path).toContain('/activities/43/undo/');
    expect(requestAt(1).request.body).toEqual({ op });
  });

  // The response may arrive before the change, or a snapshot in place of the change.
  it.each([
    ['a tick', tick('milk'), { id: 'milk', version: 43 }],
    ['an added item', add('tea', 'Tea'), { id: 'tea', version: 43, outcome: 'added', changed: [] }],
    [
      'a merge',
      add('x', 'milk'),
      { id: 'milk', version: 43, outcome: 'merged', changed: ['note'] },
    ],
  ])('undoes %s that is saved while the undo waits', async (_, edit, response) => {
    sender.confirm('one', replica, null);
    const op = sender.enqueue(edit, 'milk');
    const undo = { list: 'one', undoneOp: op, version: null, restoredRows: [], removedIds: [] };
    sender.enqueue({ type: 'undo', ...undo }, 'milk');
    requestAt(0).respond(response);
    await settlePromises();
    expect(requestAt(1).request.path).toBe('shopping-lists/one/activities/43/undo/');
  });

  it.each([
    ['a tick', tick('milk'), { id: 'milk', version: 42 }],
    ['a merge', add('x', 'milk'), { id: 'milk', version: 43, outcome: 'merged', changed: [] }],
  ])('undoes no change of another user in place of %s that changed nothing', async (...args) => {
    const [, edit, response] = args;
    sender.confirm('one', replica, null);
    const op = sender.enqueue(edit, 'milk');
    const undo = { list: 'one', undoneOp: op, version: null, restoredRows: [], removedIds: [] };
    sender.enqueue({ type: 'undo', ...undo }, 'milk');
    requestAt(0).respond(response);
    await settlePromises();
    expect(sent).toHaveLength(1);
    expect(waitingEntries(sender.outbox)).toEqual([]);
  });

  it('keeps an edit for other tabs for a moment after the response', async () => {
    const browser = new FakeBrowser(clock);
    const opening = sender.open(browser.openTab().storage);
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    await stepAll();
    await opening;
    sender.enqueue(tick('milk'), 'milk');
    await stepAll();
    requestAt(0).respond({ version: 42 });
    await settlePromises();
    await stepAll();
    expect(sender.outbox).toEqual([]);
    expect(browser.outbox.entries).toMatchObject([{ state: 'acknowledged' }]);
    expect(browser.holder).toBeNull();
    clock.advance(ACKNOWLEDGED_RETENTION);
    await stepAll();
    expect(browser.outbox.entries).toEqual([]);
  });
});
