import type { HttpRequest } from '../../src/net/http';
import { Problem, unreachableProblem } from '../../src/net/problem';
import type { SocketConnection, SocketConnectionEvents } from '../../src/net/socket-connection';
import type { ItemRow } from '../../src/protocol/frames';
import { creationsIn } from '../../src/sync/created-lists';
import { digestOf } from '../../src/sync/digest';
import type { Edit } from '../../src/sync/edit';
import { Engine } from '../../src/sync/engine';
import {
  entriesOfList,
  waitingEntries,
  type Outbox,
  type OutboxEntry,
} from '../../src/sync/outbox';
import { optimisticRows } from '../../src/sync/list-view';
import { optimisticSettings } from '../../src/sync/list-settings';
import { ManualClock, settlePromises } from './clock';
import { paintAtOnce } from './paint';
import { ana } from './rows';
import { FakeServer } from './server';
import { FakeBrowser, type FakeTab } from './storage';

const NAMES = ['Milk', 'Eggs', 'Bread', 'Tea', 'Rice'];
const AISLES = ['Dairy', 'Bakery', ''];
const NOTES = ['', 'raw', 'ripe', 'x'.repeat(996)];

/** More messages than this, without any time between them, are an endless loop. */
const MAX_STEPS = 20_000;

const hasCreation = (outbox: Outbox): boolean => creationsIn(outbox).length > 0;

interface Page {
  engine: Engine;
  tab: FakeTab;
  browser: FakeBrowser;
}

/** An edit that a user made, and what has become of it. */
interface MadeEdit {
  edit: Edit;
  browser: FakeBrowser;
  /** The tab that made it, until it is closed. */
  page: Page | null;
  /** Whether the browser has stored it. If not, it may end with its tab. */
  isStored: boolean;
  isDiscarded: boolean;
  /** Whether the server carried it out, and then went back to a copy from before. */
  isRolledBack: boolean;
}

/**
 * A server, and browsers with tabs, on a wire that loses, delays and repeats everything.
 *
 * `act` does one thing that an action names. `settle` delivers everything, and `problems`
 * says which promises of the sync core are broken then.
 */
export class RandomBrowsers {
  readonly clock = new ManualClock();
  readonly server: FakeServer;
  readonly browsers: FakeBrowser[];
  readonly made = new Map<string, MadeEdit>();
  pages: Page[] = [];
  #copy: ReturnType<FakeServer['copy']> | null = null;
  #ids = 0;
  /** Whether the server went back to an older copy, so that it may not know an item any more. */
  #hasGoneBack = false;
  /** Whether the server went back to a copy from before the creation of the list. */
  #isListLost = false;
  #offline = new Set<FakeBrowser>();
  /** The browsers whose writes failed at some time. */
  readonly #wasFull = new Set<FakeBrowser>();
  /** The ops of edits that a browser sent before it had stored them. */
  readonly #sentUnstored: string[] = [];
  /** The paths of edits that a browser sent before the list was created. */
  readonly #sentTooEarly: string[] = [];

  /** `start`: whether the list exists, or the first browser creates it. */
  constructor(browserCount: number, start: 'list exists' | 'no list' = 'list exists') {
    this.clock.randomValue = 0.5;
    this.server = new FakeServer(start === 'list exists');
    if (start === 'no list') this.#copy = this.server.copy();
    this.browsers = Array.from({ length: browserCount }, () => new FakeBrowser(this.clock));
    for (const browser of this.browsers) this.openTab(browser);
    this.#openList();
  }

  openTab(browser: FakeBrowser): void {
    const tab = browser.openTab();
    const engine: Engine = new Engine(
      (events) => this.#openSocket(browser, tab, events),
      (request) => this.#send(browser, tab, request),
      this.clock,
      paintAtOnce,
    );
    const page = { engine, tab, browser };
    this.pages.push(page);
    void engine.open(ana.id, tab.storage);
    engine.start();
    this.#openList();
  }

  /** Create the list if it is missing, and open it in each tab that knows it. */
  #openList(): void {
    if (!this.#isCreationKnown()) this.#create();
    for (const { engine } of this.pages) {
      if (this.#opened.has(engine) || !(this.server.isCreated || hasCreation(engine.outbox)))
        continue;
      this.#opened.add(engine);
      void engine.openList(this.server.list).then(() => {
        engine.setPresence(this.server.topic, { state: 'viewing' });
      });
    }
  }

  readonly #opened = new WeakSet<Engine>();

  #isCreationKnown(): boolean {
    return (
      this.#isListLost ||
      this.server.isCreated ||
      this.server.requests.some(({ request }) => request.path === 'shopping-lists/') ||
      this.browsers.some(({ outbox }) => hasCreation(outbox.entries)) ||
      this.pages.some(({ engine }) => hasCreation(engine.outbox))
    );
  }

  #create(): void {
    const page = this.pages.find(({ browser }) => browser === this.browsers[0]);
    const { list } = this.server;
    if (page) this.submit(page, { type: 'create', list, name: 'Groceries', owner: ana }, 'List');
  }

  closeTab(page: Page): void {
    this.pages = this.pages.filter((other) => other !== page);
    page.browser.close(page.tab);
    for (const edit of this.made.values()) if (edit.page === page) edit.page = null;
    for (const connection of [...this.server.connections]) {
      if (this.#tabs.get(connection.events) === page.tab)
        this.server.connections = this.server.connections.filter((other) => other !== connection);
    }
  }

  readonly #tabs = new WeakMap<SocketConnectionEvents, FakeTab>();

  #openSocket(
    browser: FakeBrowser,
    tab: FakeTab,
    events: SocketConnectionEvents,
  ): SocketConnection {
    this.#tabs.set(events, tab);
    if (this.#offline.has(browser) || !browser.tabs.has(tab)) {
      if (browser.tabs.has(tab))
        this.clock.schedule(1, () => {
          events.onClose(1006);
        });
      return { send: () => undefined, close: () => undefined };
    }
    return this.server.openSocket(events);
  }

  #send<T>(browser: FakeBrowser, tab: FakeTab, request: HttpRequest): Promise<T> {
    if (!browser.tabs.has(tab)) return new Promise(() => undefined);
    const { op } = request;
    if (op !== undefined && !this.#wasFull.has(browser)) {
      const isStored = browser.outbox.entries.some((entry) => entry.op === op);
      // Another tab may have removed it since, because the server had saved it.
      if (!isStored && !this.made.get(op)?.isStored) this.#sentUnstored.push(op);
    }
    const isTooEarly = !this.server.isCreated && !this.#isListLost;
    if (op !== undefined && isTooEarly && request.path !== 'shopping-lists/')
      this.#sentTooEarly.push(request.path);
    if (this.#offline.has(browser)) return Promise.reject(unreachableProblem());
    return new Promise((resolve, reject) => {
      // A closed tab gets no response, but the server carries out what was sent.
      this.server.http<T>(request).then(
        (response) => {
          if (browser.tabs.has(tab)) resolve(response);
        },
        (error: unknown) => {
          // Nothing is left to remove, until another browser sends the item again.
          const edit = this.made.get(op ?? '');
          const isUnknown = error instanceof Problem && error.status === 404;
          if (edit && this.#hasGoneBack && isUnknown) edit.isRolledBack = true;
          if (browser.tabs.has(tab)) reject(error as Error);
        },
      );
    });
  }

  view({ engine }: Page): ItemRow[] {
    const { items } = engine.replica(this.server.topic);
    return optimisticRows(items, entriesOfList(engine.outbox, this.server.list), ana).map(
      ({ item }) => item,
    );
  }

  submit(page: Page, edit: Edit, label: string): void {
    const op = page.engine.submit(edit, label);
    this.made.set(op, {
      edit,
      browser: page.browser,
      page,
      isStored: false,
      isDiscarded: false,
      isRolledBack: false,
    });
  }

  /** Do one thing. `kind`, `a` and `b` are any numbers from 0: all of them mean something. */
  async act(kind: number, a: number, b: number): Promise<void> {
    const page = this.pages[a % Math.max(1, this.pages.length)];
    const browser = this.browsers[a % this.browsers.length];
    const connection = this.server.connections[a % Math.max(1, this.server.connections.length)];
    switch (kind % 24) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        if (page) this.#edit(page, b);
        break;
      case 5:
      case 6:
      case 7:
      case 8:
        if (connection) this.server.exchangeMessages(connection);
        break;
      case 9:
      case 10:
      case 11:
        this.server.respond();
        break;
      case 12:
        this.server.respond(
          (['request lost', 'response lost', 'repeated'] as const)[b % 3] ?? 'responded',
        );
        break;
      case 13:
      case 14:
      case 15:
        for (let count = b % 4; count >= 0; count -= 1) browser?.step();
        break;
      case 16:
        if (page) this.closeTab(page);
        break;
      case 17:
        if (browser && browser.tabs.size < 2) this.openTab(browser);
        break;
      case 18:
        if (connection) this.#disturb(connection, b);
        break;
      case 19:
        this.#fail(b);
        break;
      case 20:
        if (browser) this.#toggle(browser, b);
        break;
      case 21:
        if (page) this.#decide(page, b);
        break;
      default:
        this.clock.advance([100, 700, 3000, 15_000][b % 4] ?? 100);
    }
    await settlePromises();
    this.#openList();
    await settlePromises();
    this.#observe();
  }

  #edit(page: Page, b: number): void {
    // A user cannot edit a list before it is known.
    if (!this.server.isCreated && !hasCreation(page.engine.outbox)) return;
    const name = NAMES[b % NAMES.length] ?? 'Milk';
    const note = NOTES[(b >> 3) % NOTES.length] ?? '';
    const rows = this.view(page);
    const row = rows[(b >> 2) % Math.max(1, rows.length)];
    const { list } = this.server;
    this.#ids += 1;
    const item = `item${this.#ids}`;
    const kind = (b >> 5) % 16;
    if (!row || kind < 2) {
      this.submit(page, { type: 'add', list, item, fields: { name, note } }, name);
    } else if (kind === 2) {
      const other = NAMES[(b >> 4) % NAMES.length] ?? 'Tea';
      const newItems = [name, other].map((one, index) => ({
        item: `${item}.${index}`,
        fields: { name: one, note },
      }));
      this.submit(page, { type: 'add items', list, newItems }, '2 items');
    } else if (kind === 3) {
      this.submit(page, { type: 'remove', list, item: row.id }, row.name);
    } else if (kind === 4) {
      const fields = { name: `${name} ${this.#ids}` };
      this.submit(page, { type: 'change', list, item: row.id, fields }, name);
    } else if (kind === 8) {
      const fields = b % 2 ? { category: AISLES[b % 3] ?? '' } : { not_found: b % 4 === 0 };
      const items = [row.id, ...rows.slice(0, 1).map(({ id }) => id)];
      this.submit(page, { type: 'edit items', list, items: [...new Set(items)], fields }, name);
    } else if (kind === 9 || kind === 10) {
      const others = rows.filter(({ id }) => id !== row.id).map(({ id }) => id);
      const after = kind === 9 ? null : (others.at(-1) ?? null);
      const items = [row.id, ...others.slice(0, b % 2)].filter((id) => id !== after);
      this.submit(page, { type: 'move items', list, items, after }, name);
    } else if (kind === 11) {
      const aisles = AISLES.slice(b % 3).filter(Boolean);
      const patch = { aisles, shops: { [name]: b % 2 ? { aisles } : null } };
      this.submit(page, { type: 'settings', list, patch }, name);
    } else if (kind === 12) {
      const from = AISLES[b % 3] ?? 'Dairy';
      this.submit(page, { type: 'rename aisle', list, from: from || 'Cold', to: 'Cold' }, name);
    } else if (kind === 14) {
      const patch = { shops: b % 2 ? [name, 'Corner shop'] : ['Corner shop'] };
      this.submit(page, { type: 'change', list, item: row.id, fields: patch }, row.name);
    } else if (kind === 15) {
      const from = b % 4 ? 'corner shop' : name;
      this.submit(page, { type: 'rename shop', list, from, to: b % 2 ? 'Tea' : name }, from);
    } else {
      const fields = { purchased: !row.purchased };
      this.submit(page, { type: 'change', list, item: row.id, fields }, row.name);
    }
  }

  #disturb(connection: FakeServer['connections'][number], b: number): void {
    if (b % 3 === 0) this.server.dropChange(connection);
    else if (b % 3 === 1) this.server.duplicateMessage(connection);
    else this.server.disconnect(connection);
  }

  /** The server stops, and starts again: with its data, an older copy of it, or a new epoch. */
  #fail(b: number): void {
    if (!this.server.isCreated && b % 4 !== 1) this.server.refusesLists = b % 4 === 0;
    else if (b % 4 === 0) this.#copy = this.server.copy();
    else if (b % 4 === 1) {
      for (const connection of [...this.server.connections]) this.server.disconnect(connection);
      while (this.server.respond('request lost'));
    } else if (b % 4 === 2) this.server.startNewEpoch();
    else if (this.#copy) {
      const copy = this.#copy;
      if (!copy.isCreated && !this.#mayLoseList()) return;
      this.#isListLost ||= !copy.isCreated;
      for (const [op, edit] of this.made) {
        const isUndone = this.server.hasCarriedOut(op) && !copy.responses.has(op);
        // The server does not know the item any more, so its removal counts as done.
        const isVain = edit.edit.type === 'remove' && !copy.items.has(edit.edit.item);
        edit.isRolledBack ||= isUndone || isVain;
      }
      this.server.goBackTo(copy);
      this.#hasGoneBack = true;
      if (copy.isCreated) return;
      for (const connection of [...this.server.connections]) this.server.disconnect(connection);
    }
  }

  /** Only a browser that still has the creation can send it again, and it does so once. */
  #mayLoseList(): boolean {
    const [browser, other] = this.browsers;
    return !other && !this.#isListLost && hasCreation(browser?.outbox.entries ?? []);
  }

  #toggle(browser: FakeBrowser, b: number): void {
    if (b % 4 === 0) {
      browser.isFull = !browser.isFull;
      this.#wasFull.add(browser);
    } else if (b % 4 === 1) browser.stealLock();
    else if (this.#offline.has(browser)) {
      this.#offline.delete(browser);
      for (const { browser: other, engine } of this.pages) if (other === browser) engine.resume();
    } else {
      this.#offline.add(browser);
      for (const connection of [...this.server.connections]) {
        const tab = this.#tabs.get(connection.events);
        if (tab?.browser === browser) this.server.disconnect(connection);
      }
    }
  }

  /** The user retries or drops a refused edit, or leaves the page for a moment. */
  #decide({ engine }: Page, b: number): void {
    const refused = engine.outbox.find(({ state }) => state === 'rejected');
    if (b % 3 === 0) engine.flushStorage();
    else if (refused && (b % 3 === 1 || refused.edit.type === 'create')) engine.retry(refused.op);
    else if (refused) {
      engine.discard(refused.op);
      const edit = this.made.get(refused.op);
      if (edit) edit.isDiscarded = true;
    }
  }

  #observe(): void {
    for (const [op, edit] of this.made) {
      edit.isStored ||= edit.browser.outbox.entries.some((entry) => entry.op === op);
    }
  }

  /** End all faults, and deliver everything until every page is up to date. */
  async settle(): Promise<void> {
    for (const browser of this.browsers) {
      browser.isFull = false;
      if (browser.tabs.size === 0) this.openTab(browser);
    }
    this.#offline.clear();
    this.server.refusesLists = false;
    for (const { engine } of this.pages) engine.resume();
    await this.#deliver(12);
    // One more change lets every page notice a change that was lost.
    const [page] = this.pages;
    const fields = { name: 'Last' };
    if (page)
      this.submit(page, { type: 'add', list: this.server.list, item: 'last', fields }, 'Last');
    await this.#deliver(12);
  }

  async #deliver(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      this.clock.advance(6000);
      let steps = 0;
      const isDone = (hasMore: boolean): boolean => {
        steps += hasMore ? 1 : 0;
        if (steps > MAX_STEPS)
          throw new Error('the wire is never quiet: something is retried at once');
        return !hasMore;
      };
      for (let isBusy = true; isBusy;) {
        isBusy = false;
        for (const browser of this.browsers) while (!isDone(browser.step())) isBusy = true;
        while (!isDone(this.server.respond())) isBusy = true;
        for (const connection of [...this.server.connections])
          while (!isDone(this.server.exchangeMessages(connection))) isBusy = true;
        await settlePromises();
        this.#openList();
        for (const { engine } of this.pages) {
          for (const { op, edit, state } of engine.outbox)
            if (edit.type === 'create' && state === 'rejected') engine.retry(op);
        }
        this.#observe();
      }
    }
  }

  /** What is wrong after `settle`. */
  problems(): string[] {
    const { server } = this;
    const problems = this.#sentUnstored.map((op) => `${op} was sent before it was stored`);
    // The creation is kept for ten seconds. A browser that slept longer has lost the list.
    if (this.#isListLost && !server.isCreated) return problems;
    for (const path of this.#sentTooEarly) problems.push(`${path} was sent before its list`);
    for (const page of this.pages) {
      const replica = page.engine.replica(server.topic);
      if (replica.computedDigest !== server.digest || replica.version !== server.version)
        problems.push(`a page is at ${replica.version}, the server at ${server.version}`);
      const waiting = waitingEntries(page.engine.outbox);
      if (waiting.length > 0) problems.push(`${waiting.length} edits wait for ever`);
      const view = new Map(this.view(page).map((row) => [row.id, row]));
      const same = [...server.items].every(
        ([id, row]) => JSON.stringify(view.get(id)) === JSON.stringify(row),
      );
      const settings = optimisticSettings(
        replica.list ?? {},
        entriesOfList(page.engine.outbox, server.list),
      );
      if (JSON.stringify(settings) !== JSON.stringify(optimisticSettings(server.settings, [])))
        problems.push('the settings differ');
      if (!same || view.size !== server.items.size) problems.push('a view differs');
    }
    for (const browser of this.browsers) {
      const stored = browser.replicas.get(server.list);
      if (stored?.header.version !== server.version || stored.header.digest !== server.digest)
        problems.push(`a browser stores ${stored?.header.version}, not ${server.version}`);
      else if (digestOf(stored.header.list, stored.items.values()) !== server.digest)
        problems.push('stored rows differ');
    }
    const ops = server.history.filter((op) => op !== null);
    if (new Set(ops).size < ops.length) problems.push('an edit was carried out twice');
    for (const [op, edit] of this.made) problems.push(...this.#problemsOf(op, edit));
    return problems;
  }

  #problemsOf(op: string, made: MadeEdit): string[] {
    const entries: OutboxEntry[] = this.pages
      .filter(({ browser }) => browser === made.browser)
      .flatMap(({ engine }) => engine.outbox.filter((entry) => entry.op === op));
    const isShown = entries.some(({ state }) => state === 'rejected');
    const isMissing = made.edit.type === 'remove' && !this.server.items.has(made.edit.item);
    const mayBeLost =
      made.isDiscarded || made.isRolledBack || (!made.isStored && made.page === null);
    if (this.server.hasCarriedOut(op) || isShown || isMissing || mayBeLost) return [];
    return [`${made.edit.type} ${op} was lost without a word`];
  }
}
