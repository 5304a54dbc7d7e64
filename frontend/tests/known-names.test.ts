import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NameApi } from '../src/net/name-api';
import { Problem, unreachableProblem } from '../src/net/problem';
import type { Suggestion } from '../src/protocol/rest';
import { KnownNames } from '../src/stores/known-names.svelte';
import { ManualClock, settlePromises } from './fake/clock';
import { ConnectedEngine } from './fake/connected-engine';
import { ana, change, DigestWriter, item, listRow, snapshot, welcome } from './fake/rows';
import { FakeBrowser, type FakeTab } from './fake/storage';

const digests = new DigestWriter();

function suggestion(name: string, fields: Partial<Suggestion> = {}): Suggestion {
  return {
    name,
    quantity: '',
    category: '',
    list: 'one',
    times: 1,
    last_used: '2026-11-20T10:00:00Z',
    times_bought: 0,
    purchases: [],
    state: null,
    item: null,
    ...fields,
  };
}

class FakeServer {
  all: Suggestion[] = [];
  forgotten: string[] = [];
  tag = 'one';
  problem: Problem | null = null;
  readonly requests: string[] = [];

  #answer<T>(request: string, answer: () => T): Promise<T> {
    this.requests.push(request);
    return this.problem ? Promise.reject(this.problem) : Promise.resolve(answer());
  }

  readonly api = {
    getAll: (tag: string | null) =>
      this.#answer('all', () => (tag === this.tag ? null : { results: this.all, tag: this.tag })),
    search: (text: string) =>
      this.#answer(`search ${text}`, () => this.all.filter(({ name }) => name.includes(text))),
    getForgotten: () => this.#answer('forgotten', () => this.forgotten),
    decide: (name: string, isForgotten: boolean) =>
      this.#answer(`${isForgotten ? 'forget' : 'restore'} ${name}`, () => undefined),
  } as unknown as NameApi;
}

let clock: ManualClock;
let browser: FakeBrowser;
let tab: FakeTab;
let connected: ConnectedEngine;
let server: FakeServer;
let isLive: boolean;

/** Let everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let round = 0; round < 30; round += 1) {
    await settlePromises();
    if (!browser.step() && round > 3) return;
  }
}

async function openPage(): Promise<KnownNames> {
  tab = browser.openTab();
  connected = new ConnectedEngine();
  const { engine } = connected;
  void engine.open(ana.id, tab.storage);
  engine.start();
  const names = new KnownNames({
    engine,
    api: server.api,
    clock,
    isLive: () => isLive,
    listIds: () => ['one'],
    whenIdle: (task) => {
      void Promise.resolve().then(task);
    },
  });
  void names.open();
  await settle();
  return names;
}

const matchesOf = (names: KnownNames, text: string): string[] =>
  names.search([text], 5).map(({ name }) => name);

beforeEach(() => {
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: vi.fn() });
  clock = new ManualClock();
  browser = new FakeBrowser(clock);
  server = new FakeServer();
  isLive = false;
});

describe('known names', () => {
  it('SUG-9 are those of the lists here, and are stored for the next page without the server', async () => {
    const names = await openPage();
    connected.engine.watch('list:one');
    connected.receive(
      welcome('one'),
      digests.write(snapshot(1, { items: [item('Milk'), item('Oat milk')] })),
    );
    await settle();
    expect(matchesOf(names, 'mil')).toEqual(['Milk', 'Oat milk']);
    const tea = item('Tea', { quantity: '1 box' });
    connected.receive(digests.write(change(2, { items: [tea] })));
    expect(names.search(['te'], 5)).toMatchObject([{ quantity: '1 box', times: 1 }]);
    clock.advance(1000);
    await settle();
    const next = await openPage();
    expect(matchesOf(next, 'mil')).toEqual(['Milk', 'Oat milk']);
    expect(matchesOf(next, 'te')).toEqual(['Tea']);
    expect(next.has('tea')).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('SUG-9 nothing is asked or sent while the server cannot be reached', async () => {
    const names = await openPage();
    names.ask('milk');
    clock.advance(10_000);
    void names.decide('Milk', true);
    await settle();
    expect(server.requests).toEqual([]);
  });

  it('SUG-10 are those of the server too, which is asked again after hours, with the tag', async () => {
    server.all = [suggestion('Bread', { times_bought: 12 })];
    server.forgotten = ['Salt'];
    isLive = true;
    const names = await openPage();
    expect(names.search(['br'], 5)).toMatchObject([{ name: 'Bread', timesBought: 12 }]);
    expect(server.requests).toEqual(['all', 'forgotten']);
    expect(browser.nameRecord).toMatchObject({ tag: 'one', forgotten: ['Salt'] });
    const next = await openPage();
    expect(matchesOf(next, 'br')).toEqual(['Bread']);
    expect(server.requests).toHaveLength(2);
    clock.advance(7 * 60 * 60 * 1000);
    await openPage();
    expect(server.requests).toEqual(['all', 'forgotten', 'all']);
  });

  it('SUG-10 keeps no tag of names that were not learned to the end', async () => {
    server.all = Array.from({ length: 500 }, (_, number) => suggestion(`Name ${number}`));
    isLive = true;
    tab = browser.openTab();
    const names = await openPage();
    expect(matchesOf(names, 'name 499')).toEqual(['Name 499']);
    expect(browser.names.size).toBe(500);
    expect(browser.nameRecord.tag).toBe('one');
  });

  it('SUG-10 asks the server once, after a pause in typing', async () => {
    const names = await openPage();
    isLive = true;
    server.all = [suggestion('Rice')];
    const { version } = names;
    names.ask('Ri');
    clock.advance(100);
    names.ask('Ric');
    clock.advance(200);
    await settle();
    expect(server.requests).toEqual(['search Ric']);
    expect(matchesOf(names, 'ri')).toEqual(['Rice']);
    expect(names.version).toBeGreaterThan(version);
    names.ask('Ric');
    clock.advance(200);
    names.ask('Rice');
    names.stopAsking();
    clock.advance(200);
    expect(server.requests).toHaveLength(1);
  });

  it('SUG-11 forgets a name at once, and tells the server when it can be reached', async () => {
    const names = await openPage();
    names.learn('one', item('Milk'));
    void names.decide('milk', true);
    expect(matchesOf(names, 'mi')).toEqual([]);
    expect(names.suggested).toEqual([]);
    await settle();
    expect(server.requests).toEqual([]);
    const next = await openPage();
    next.learn('one', item('Milk'));
    expect(matchesOf(next, 'mi')).toEqual([]);
    isLive = true;
    server.problem = unreachableProblem();
    connected.receive(welcome('one'));
    await settle();
    expect(browser.nameRecord.unsent).toHaveLength(1);
    server.problem = null;
    connected.receive(welcome('one'));
    await settle();
    expect(server.requests.filter((request) => request.startsWith('forget'))).toHaveLength(2);
    expect(browser.nameRecord).toMatchObject({ unsent: [], forgotten: [] });
    expect(matchesOf(next, 'mi')).toEqual(['Milk']);
  });

  it('SUG-11 restores a name, and keeps a decision that the server does not know yet', async () => {
    const names = await openPage();
    names.learn('one', item('Milk'));
    names.learn('one', item('Tea'));
    for (const name of ['Milk', 'Tea']) void names.decide(name, true);
    void names.decide('Milk', false);
    await settle();
    expect(matchesOf(names, 'mi')).toEqual(['Milk']);
    server.problem = new Problem(429, 'throttled', '');
    isLive = true;
    connected.receive(welcome('one'));
    await settle();
    expect(matchesOf(names, 'te')).toEqual([]);
    server.problem = new Problem(400, 'invalid', '');
    connected.receive(welcome('one'));
    await settle();
    expect(browser.nameRecord.unsent).toEqual([]);
  });

  it('SUG-12 are dropped with the list that the user loses', async () => {
    const names = await openPage();
    names.learn('one', item('Milk'));
    names.learn('two', item('Nails'));
    const row = { ...listRow('one'), epoch: 'aaaaaaaa', version: 1, digest: '' };
    const lists = [{ ...row, items_open: 0, items_total: 0 }];
    connected.engine.watch('lists');
    connected.receive(welcome('one'), { type: 'lists', topic: 'lists', part: 1, parts: 1, lists });
    expect(matchesOf(names, 'na')).toEqual([]);
    expect(matchesOf(names, 'mi')).toEqual(['Milk']);
    connected.receive({ type: 'left', list: 'one' });
    expect(matchesOf(names, 'mi')).toEqual([]);
  });

  it('SUG-12 are not there for the next user', async () => {
    const names = await openPage();
    names.learn('one', item('Milk'));
    connected.engine.reset();
    expect(matchesOf(names, 'mi')).toEqual([]);
    clock.advance(1000);
    await settle();
    expect(browser.names.size).toBe(0);
  });
});
