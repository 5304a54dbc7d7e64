import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import type { Http, HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import type { ClientFrame, OverviewRow, ServerFrame } from '../src/protocol/frames';
import { EMPTY_DIGEST } from '../src/sync/digest';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { EMPTY_OUTBOX, queued } from '../src/sync/outbox';
import { SEEN_INTERVAL } from '../src/sync/seen-reporter';
import { ManualClock, settlePromises } from './fake/clock';
import { paintAtOnce } from './fake/paint';
import { FakeBrowser } from './fake/storage';
import { ana, change, DigestWriter, item, snapshot, welcome } from './fake/rows';

const topic = 'list:one';
const milk = item('milk');
const ticked = item('milk', { purchased: true });

/** An engine whose server and browser are controlled by the test. */
class Page {
  readonly clock = new ManualClock();
  readonly engine: Engine;
  sent: ClientFrame[] = [];
  /** Whether the browser paints. */
  isVisible = true;
  /** How long a paint takes, in milliseconds. */
  paintTime = 0;
  #digests = new DigestWriter();
  #socket: SocketConnectionEvents | null = null;

  constructor() {
    this.engine = new Engine(
      (events) => {
        this.#socket = events;
        return { send: (frame) => this.sent.push(frame), close: vi.fn() };
      },
      () => new Promise(() => undefined),
      this.clock,
      (callback) => {
        if (!this.isVisible) callback(false);
        else
          this.clock.schedule(this.paintTime, () => {
            callback(true);
          });
      },
    );
    this.engine.watch(topic);
    this.engine.start();
    this.connect();
  }

  connect(): void {
    this.receive(welcome());
  }

  disconnect(): void {
    this.#socket?.onClose(1006);
    this.clock.advance(1000);
  }

  /** Receive frames in one message, with the digests that belong to them. */
  receive(...frames: ServerFrame[]): void {
    this.receiveAsIs(...frames.map(this.#digests.write));
  }

  receiveAsIs(...frames: ServerFrame[]): void {
    this.#socket?.onFrames(structuredClone(frames));
    this.clock.advance(this.paintTime);
  }

  /** Respond to the latest subscribe frame. */
  respond(recovered: boolean, version: number, digest = this.engine.replica(topic).digest): void {
    const id = this.sentFrames('subscribe').at(-1)?.id;
    this.receiveAsIs({
      type: 'subscribed',
      topic,
      id,
      epoch: 'aaaaaaaa',
      version,
      digest,
      recovered,
    });
  }

  sentFrames<Type extends ClientFrame['type']>(type: Type): Extract<ClientFrame, { type: Type }>[] {
    return this.sent.filter(
      (frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type,
    );
  }
}

let page: Page;
let warn: MockInstance<typeof console.warn>;
const digest = (): string => page.engine.replica(topic).computedDigest;

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  page = new Page();
  page.respond(false, 1, 'any');
  page.receive(snapshot(1, { items: [milk] }));
  page.sent = [];
});

describe('the engine', () => {
  it('subscribes again from its position when the base of a change was lost', () => {
    const before = digest();
    page.receive(change(2, { items: [ticked] }));
    page.receiveAsIs({ ...change(3), base: before, digest: before });
    expect(page.sentFrames('subscribe')).toMatchObject([
      { topic, since: 2, epoch: 'aaaaaaaa', digest: digest() },
    ]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('follows a server that went back to an older copy', () => {
    page.receive(change(2, { items: [item('dead')] }));
    page.receive(snapshot(1, { items: [milk] }));
    expect([...page.engine.replica(topic).items.keys()]).toEqual(['milk']);
    page.receive(change(2, { items: [item('eggs')] }));
    expect([...page.engine.replica(topic).items.keys()]).toEqual(['milk', 'eggs']);
    expect(page.sentFrames('subscribe')).toEqual([]);
  });

  it('repairs a corrupted row by a snapshot, warns once and reports the mismatch', () => {
    const row = page.engine.replica(topic).items.get('milk');
    if (row) row.name = 'Mi1k';
    page.receive(change(2, { items: [{ ...ticked, name: 'Milk' }] }));
    const [seen] = page.sentFrames('seen');
    expect(seen).toEqual({ type: 'seen', topic, version: 2, digest: digest() });
    expect(page.sentFrames('subscribe')).toEqual([{ type: 'subscribe', id: 2, topic }]);
    page.receiveAsIs(change(3), change(4));
    expect(warn).toHaveBeenCalledTimes(1);
    page.respond(false, 2);
    page.receive(snapshot(2, { items: [ticked] }));
    expect(page.engine.replica(topic).items.get('milk')).toEqual(ticked);
    expect(page.sentFrames('seen').at(-1)).toMatchObject({ version: 2, digest: digest() });
    expect(seen?.digest).not.toBe(digest());
    page.receive(change(3, { items: [milk] }));
    expect(page.engine.replica(topic).version).toBe(3);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('keeps a snapshot that it cannot verify, warns and reports it', () => {
    page.receiveAsIs({ ...snapshot(2), digest: EMPTY_DIGEST });
    expect(page.engine.replica(topic).version).toBe(2);
    expect(page.sentFrames('subscribe')).toEqual([]);
    expect(page.sentFrames('seen')).toMatchObject([{ version: 2, digest: digest() }]);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('seen frames', () => {
  it('are not sent for a list that is not on the screen', () => {
    page.receive(change(2, { items: [ticked] }));
    page.clock.advance(SEEN_INTERVAL);
    expect(page.sentFrames('seen')).toEqual([]);
  });

  it('are sent when a list is opened, without the time of a paint', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(0);
    expect(page.sentFrames('seen')).toEqual([
      { type: 'seen', topic, version: 1, digest: digest() },
    ]);
  });

  it('have the time from the arrival of a change to its paint', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(SEEN_INTERVAL);
    page.paintTime = 12;
    page.receive(change(2, { items: [ticked] }));
    expect(page.sentFrames('seen').at(-1)).toEqual({
      type: 'seen',
      topic,
      version: 2,
      digest: digest(),
      paint_ms: 12,
      held_ms: 0,
    });
  });

  it('have no time while the page is hidden', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(SEEN_INTERVAL);
    page.isVisible = false;
    page.engine.setPresence(topic, { state: 'away' });
    page.receive(change(2, { items: [ticked] }));
    expect(page.sentFrames('seen').at(-1)).toEqual({
      type: 'seen',
      topic,
      version: 2,
      digest: digest(),
    });
  });

  it('are limited for each list, and the last state is always sent', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(0);
    for (let version = 2; version <= 20; version += 1) {
      page.receive(change(version, { items: [item('milk', { version })] }));
      page.clock.advance(SEEN_INTERVAL / 5);
    }
    page.clock.advance(SEEN_INTERVAL);
    expect(page.sentFrames('seen').length).toBeLessThanOrEqual(6);
    expect(page.sentFrames('seen').at(-1)).toMatchObject({ version: 20, digest: digest() });
  });

  it('are sent after each subscription, also if nothing has changed', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(0);
    page.disconnect();
    page.sent = [];
    page.connect();
    expect(page.sentFrames('seen')).toEqual([]);
    page.respond(true, 1);
    page.clock.advance(0);
    expect(page.sentFrames('seen')).toMatchObject([{ version: 1, digest: digest() }]);
  });

  it('wait for the missed changes after a subscription', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.disconnect();
    page.sent = [];
    page.connect();
    page.respond(true, 2, 'digest of version 2');
    page.clock.advance(0);
    expect(page.sentFrames('seen')).toEqual([]);
    page.receive(change(2, { items: [ticked] }));
    page.clock.advance(0);
    expect(page.sentFrames('seen')).toMatchObject([{ version: 2, digest: digest() }]);
  });

  it('go on after the list is closed, because the server still counts the subscription', () => {
    page.engine.setPresence(topic, { state: 'viewing' });
    page.clock.advance(SEEN_INTERVAL);
    page.engine.setPresence(topic, null);
    page.receive(change(2, { items: [ticked] }));
    expect(page.sentFrames('seen').at(-1)).toMatchObject({ version: 2 });
    page.disconnect();
    page.sent = [];
    page.connect();
    page.respond(true, 2);
    page.clock.advance(0);
    expect(page.sentFrames('seen')).toEqual([]);
  });
});

describe('the open list', () => {
  const response = (): unknown => {
    const { epoch, version, digest, list, items } = snapshot(3, { items: [milk] });
    return { epoch, version, digest, list, items };
  };

  class PageWithHttp {
    readonly sent: ClientFrame[] = [];
    readonly requests: string[] = [];
    readonly engine: Engine;
    #socket: SocketConnectionEvents | null = null;

    constructor(respond: () => Promise<unknown>) {
      const http: Http = async <T>({ path }: HttpRequest) => {
        this.requests.push(path);
        return (await respond()) as T;
      };
      this.engine = new Engine(
        (events) => {
          this.#socket = events;
          return { send: (frame) => this.sent.push(frame), close: vi.fn() };
        },
        http,
        new ManualClock(),
        paintAtOnce,
      );
      this.engine.start();
      this.receive(welcome());
    }

    receive(...frames: ServerFrame[]): void {
      this.#socket?.onFrames(frames);
    }
  }

  it('is read over HTTP once, and then followed from there', async () => {
    const page = new PageWithHttp(() => Promise.resolve(response()));
    await page.engine.openList('one');
    expect(page.engine.replica(topic).items.get('milk')).toEqual(milk);
    const { digest, epoch } = snapshot(3, { items: [milk] });
    expect(page.sent).toEqual([{ type: 'subscribe', id: 1, topic, since: 3, epoch, digest }]);
    page.engine.closeList('one');
    expect(page.sent.at(-1)).toEqual({ type: 'unsubscribe', topic });
    await page.engine.openList('one');
    expect(page.requests).toEqual(['shopping-lists/one/snapshot/']);
    expect(page.sent.at(-1)).toMatchObject({ type: 'subscribe', since: 3 });
  });

  it('is reported and shown when its digest is not that of its rows', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const page = new PageWithHttp(() =>
      Promise.resolve({ ...(response() as object), digest: 'f'.repeat(16) }),
    );
    await page.engine.openList('one');
    expect(warn).toHaveBeenCalledOnce();
    expect(page.engine.replica(topic).items.get('milk')).toEqual(milk);
    expect(page.sent.map(({ type }) => type)).toEqual(['seen', 'subscribe']);
    warn.mockRestore();
  });

  it('is requested from the socket when the request fails', async () => {
    const page = new PageWithHttp(() => Promise.reject(new Error('no network')));
    await page.engine.openList('one');
    expect(page.sent).toEqual([{ type: 'subscribe', id: 1, topic }]);
  });

  it('is not followed when it is closed before the response arrives', async () => {
    const page = new PageWithHttp(() => Promise.resolve(response()));
    const opening = page.engine.openList('one');
    page.engine.closeList('one');
    await opening;
    expect(page.sent).toEqual([]);
  });

  it('is followed after it is closed, until its edits are confirmed', async () => {
    const page = new PageWithHttp(() => Promise.resolve(response()));
    await page.engine.openList('one');
    const fields = { purchased: true };
    page.engine.submit({ type: 'change', list: 'one', item: 'milk', fields }, 'milk');
    page.engine.closeList('one');
    expect(page.engine.isWatched(topic)).toBe(true);
    page.engine.discard(page.engine.outbox[0]?.op ?? '');
    expect(page.engine.isWatched(topic)).toBe(false);
  });

  it('leaves no data when the user lost the list after closing it', async () => {
    const page = new PageWithHttp(() => Promise.resolve(response()));
    await page.engine.openList('one');
    page.engine.closeList('one');
    page.receive({ type: 'left', list: 'one' });
    expect(page.engine.replica(topic).list).toBeNull();
  });
});

describe('a list that this browser creates', () => {
  const created = { id: 'one', name: 'Camping', version: 1, items_open: 0, items_total: 0 };
  let respond: (outcome: object | Problem) => void = () => undefined;
  let requests: HttpRequest[] = [];
  let sent: ClientFrame[] = [];
  let engine: Engine;
  let events: EngineEvent[] = [];

  beforeEach(() => {
    [requests, sent, events] = [[], [], []];
    engine = new Engine(
      (socket) => {
        queueMicrotask(() => {
          socket.onFrames([welcome()]);
        });
        return { send: (frame) => sent.push(frame), close: vi.fn() };
      },
      <T>(request: HttpRequest) => {
        requests.push(request);
        return new Promise<T>((resolve, reject) => {
          respond = (outcome) => {
            if (outcome instanceof Problem) reject(outcome);
            else resolve(outcome as T);
          };
        });
      },
      new ManualClock(),
      paintAtOnce,
    );
    engine.subscribe((some) => events.push(...some));
  });

  function create(): string {
    return engine.submit({ type: 'create', list: 'one', name: 'Camping', owner: ana }, 'Camping');
  }

  function add(): void {
    engine.submit({ type: 'add', list: 'one', item: 'milk', fields: { name: 'milk' } }, 'milk');
  }

  it('OFF-8 is shown and edited before the server has it, and then followed', async () => {
    create();
    const opening = engine.openList('one');
    add();
    await settlePromises();
    expect(engine.replica(topic).list).toMatchObject({
      name: 'Camping',
      members: [{ ...ana, role: 'owner' }],
    });
    expect(requests).toEqual([]);
    engine.start();
    await settlePromises();
    expect(requests).toMatchObject([
      { method: 'POST', path: 'shopping-lists/', body: { id: 'one', name: 'Camping' } },
    ]);
    expect(sent).toEqual([]);
    respond(created);
    await settlePromises();
    const row = expect.objectContaining({ id: 'one', name: 'Camping' }) as OverviewRow;
    expect(events).toContainEqual({ kind: 'created', row });
    expect(requests.map(({ path }) => path).toSorted()).toEqual([
      'shopping-lists/',
      'shopping-lists/one/shopping-items/',
      'shopping-lists/one/snapshot/',
    ]);
    const { epoch, version, digest, list, items } = snapshot(1);
    respond({ epoch, version, digest, list, items });
    await opening;
    expect(sent).toMatchObject([{ type: 'subscribe', topic, since: 1 }]);
    expect(engine.outbox.map(({ edit }) => edit.type)).toEqual(['add']);
  });

  it('OFF-8 is followed without being open, until its edits are confirmed', async () => {
    create();
    engine.start();
    await settlePromises();
    respond(created);
    await settlePromises();
    expect(sent).toMatchObject([{ type: 'subscribe', topic }]);
  });

  it('OFF-8 keeps its edits while the server refuses it, and drops them with it', async () => {
    const op = create();
    add();
    engine.start();
    await settlePromises();
    respond(new Problem(422, 'limit', 'You have 200 lists.'));
    await settlePromises();
    expect(engine.outbox.map(({ state }) => state)).toEqual(['rejected', 'waiting']);
    expect(requests).toHaveLength(1);
    engine.retry(op);
    await settlePromises();
    expect(requests).toHaveLength(2);
    respond(new Problem(422, 'limit', 'You have 200 lists.'));
    await settlePromises();
    engine.discard(op);
    expect(engine.outbox).toEqual([]);
    await settlePromises();
    expect(events).toContainEqual({ kind: 'closed', topic, reason: 'refused' });
    expect(engine.replica(topic).list).toBeNull();
  });

  it('OFF-8 is known before it is opened, although an edit is being stored', async () => {
    const browser = new FakeBrowser(new ManualClock());
    const { storage } = browser.openTab();
    const edit = { type: 'create', list: 'one', name: 'Camping', owner: ana } as const;
    const entry = { op: 'op', edit, label: 'Camping', createdAt: 0 };
    browser.outbox = queued(EMPTY_OUTBOX, entry);
    void engine.open(ana.id, storage);
    engine.submit({ type: 'rename', list: 'two', name: 'Two' }, 'Two');
    void engine.openList('one');
    // The write of the edit is still to come.
    browser.step();
    await settlePromises();
    expect(engine.replica(topic).list?.name).toBe('Camping');
    while (browser.step()) await settlePromises();
    expect(requests).toEqual([]);
    expect(engine.isWatched(topic)).toBe(false);
  });

  it('OFF-8 stays open in a tab that slept while another one created it', async () => {
    const browser = new FakeBrowser(new ManualClock());
    const { storage } = browser.openTab();
    const stepAll = async (): Promise<void> => {
      while (browser.step()) await settlePromises();
      await settlePromises();
    };
    void engine.open(ana.id, storage);
    await stepAll();
    create();
    void engine.openList('one');
    await stepAll();
    const { epoch, version, digest, list, items } = snapshot(1);
    const header = { epoch, version, digest, computedDigest: digest, list };
    browser.replicas.set('one', { header, items: new Map(items.map((row) => [row.id, row])) });
    browser.outbox = EMPTY_OUTBOX;
    engine.start();
    engine.resume();
    await stepAll();
    expect(events).not.toContainEqual({ kind: 'closed', topic, reason: 'refused' });
    expect(engine.replica(topic).version).toBe(1);
    expect(sent).toMatchObject([{ type: 'subscribe', topic, since: 1 }]);
  });

  it('OFF-8 is not read from the server when it is dropped', async () => {
    const op = create();
    const opening = engine.openList('one');
    await settlePromises();
    engine.discard(op);
    await opening;
    expect(requests).toEqual([]);
    expect(engine.isWatched(topic)).toBe(false);
  });
});
