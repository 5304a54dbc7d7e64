import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Announcer } from '../src/stores/announcer.svelte';
import { ListNews } from '../src/stores/list-news.svelte';
import type { ListOverview } from '../src/stores/lists.svelte';
import { Connection } from '../src/stores/connection.svelte';
import { OpenList } from '../src/stores/open-list.svelte';
import { personText } from '../src/stores/people-text';
import { sinceWhen } from '../src/stores/since-when';
import { Toast } from '../src/stores/toast.svelte';
import { minutesUntil, Together } from '../src/stores/together.svelte';
import { tripProgress } from '../src/stores/trip-progress';
import { PAUSE_BETWEEN_VISITS, SETTLE_TIME, VisitNews } from '../src/stores/visit-news.svelte';
import type { ActivityEntry, Change, PresentPerson, ServerFrame } from '../src/protocol/frames';
import { ManualClock } from './fake/clock';
import { ConnectedEngine } from './fake/connected-engine';
import { ana, AT, change, DigestWriter, item, logSummary, snapshot, welcome } from './fake/rows';

const EPOCH = 'aaaaaaaa';
const bob = { id: 4, name: 'Bob' };
const person: PresentPerson = { ...bob, state: 'viewing', since: AT };
const trip = { id: 't', started_at: '2026-11-22T10:00:00Z', shop: null };
let clock: ManualClock;
let connected: ConnectedEngine;
let list: OpenList;

function visitedWelcome(version: number | null, epoch = EPOCH): ServerFrame {
  const frame = welcome('one');
  if (frame.type !== 'welcome') throw new Error('no welcome');
  const known = { ...frame.lists[0], id: 'one', epoch, version: 1, digest: '' };
  return {
    ...frame,
    lists: [version === null ? known : { ...known, visited: { version, at: AT } }],
  };
}

function openList(): void {
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: vi.fn() });
  clock = new ManualClock();
  connected = new ConnectedEngine();
  const { engine } = connected;
  const user = { profile: { ...ana } } as unknown as { profile: null };
  const app = {
    dependencies: { engine },
    connection: new Connection(engine),
    user,
    announcer: new Announcer(),
    toast: new Toast(),
  };
  engine.start();
  list = new OpenList('one', app, clock);
  list.start();
  engine.watch('list:one');
}

beforeEach(openList);

describe('the progress of a trip', () => {
  const bought = (id: string, at: string | null, status: 'saved' | 'waiting' = 'saved') => ({
    item: item(id, { purchased: at !== null, purchased_at: at }),
    status,
  });

  it('counts what was bought since its start, by anyone', () => {
    const rows = [
      bought('a', '2026-11-22T09:59:59Z'),
      bought('b', '2026-11-22T10:00:00.123456Z'),
      bought('c', '2026-11-22T10:05:00Z'),
      bought('d', null),
    ];
    expect(tripProgress(rows, trip)).toEqual({ done: 2, total: 3 });
  });

  it('counts a tick that waits, whatever the clock of this device says', () => {
    const rows = [bought('a', '2020-01-01T00:00:00Z', 'waiting'), bought('b', null)];
    expect(tripProgress(rows, trip)).toEqual({ done: 1, total: 2 });
  });
});

describe('the others on a list', () => {
  it('are as far in a shop as all items say, also while this user sees one shop alone', () => {
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: vi.fn() });
    const digests = new DigestWriter();
    const items = [item('m', { name: 'Milk', shops: ['Lidl'] }), item('n', { name: 'Nails' })];
    const bread = item('b', { name: 'Bread', shops: ['Baker'], position: 'b' });
    connected.receive(digests.write(snapshot(1, { items: [...items, bread] })));
    list.aisles.setShop('Lidl');
    list.refresh();
    expect(list.openRows.map(({ item: { id } }) => id)).toEqual(['m', 'n']);
    expect(list.allOpenRows).toHaveLength(3);
    const together = new Together(list, () => ana.id);
    expect(together.progressOf(trip)).toEqual({ done: 0, total: 3 });
  });

  it('are all but this user, with what they edit', () => {
    const together = new Together(list, () => ana.id);
    list.people = [
      { ...person, editing: 'm' },
      { ...person, ...ana },
    ];
    expect(together.others.map(({ name }) => name)).toEqual(['Bob']);
    expect([...together.editors.keys()]).toEqual(['m']);
  });

  it('leave in some minutes, until a minute after that', () => {
    const now = Date.parse(AT);
    expect(minutesUntil(now + 10 * 60_000, now)).toBe(10);
    expect(minutesUntil(now + 20_000, now)).toBe(0);
    expect(minutesUntil(now - 59_000, now)).toBe(0);
    expect(minutesUntil(now - 61_000, now)).toBeNull();
    const together = new Together(list, () => ana.id);
    connected.receive(visitedWelcome(null));
    list.people = [{ ...person, leaving_at: '2026-11-22T10:10:00Z' }];
    // The clock of the server counts, which is AT now.
    expect(together.leaving(clockNow())).toMatchObject([{ person: bob, minutes: 10 }]);
  });

  it('are described in words', () => {
    const nothing = { progress: null, editedName: null, minutes: null };
    expect(personText({ ...person, device: 'phone' }, nothing)).toBe('looking, phone');
    expect(
      personText(
        { ...person, state: 'shopping', trip: { ...trip, shop: 'Lidl' }, aisles: ['Dairy', 'Ice'] },
        { ...nothing, progress: { done: 4, total: 9 } },
      ),
    ).toBe('shopping, 4 of 9, at Lidl, takes Dairy, Ice');
    expect(personText(person, { ...nothing, editedName: 'Milk', minutes: 0 })).toBe(
      'looking, edits Milk, leaves now',
    );
    expect(personText({ ...person, state: 'away' }, nothing)).toBe('away');
  });
});

function clockNow(): number {
  return Date.parse(AT) - connected.engine.clockOffset;
}

describe('when something was', () => {
  it.each([
    ['2026-11-22T08:02:00', '8:02'],
    ['2026-11-21T23:59:00', 'yesterday'],
    ['2026-11-17T12:00:00', 'Tuesday'],
    ['2026-11-15T12:00:00', 'Nov 15'],
    ['2025-11-15T12:00:00', 'Nov 15, 2025'],
  ])('%s is %s', (time, text) => {
    expect(sinceWhen(time, new Date('2026-11-22T20:00:00').getTime())).toContain(text);
  });
});

describe('what is new since the last visit', () => {
  const rows = [
    item('old', { version: 5 }),
    item('new', { version: 7 }),
    item('newer', { version: 8 }),
  ];
  let digests: DigestWriter;
  let visit: VisitNews;

  function open(seen: number | null, epoch = EPOCH): void {
    digests = new DigestWriter();
    connected.receive(visitedWelcome(seen, epoch));
    connected.receive(digests.write(snapshot(8, { items: rows })));
    visit = new VisitNews(list, clock, () => ana.id);
    visit.start();
  }

  function receive(version: number, actor: typeof bob, ...changed: string[]): void {
    const items = changed.map((id) => item(id, { version }));
    connected.receive(digests.write(change(version, { actor, items }) as Change));
  }

  it('TOG-11 is marked, counted and dated', () => {
    open(6);
    expect([...list.unread]).toEqual(['new', 'newer']);
    clock.advance(SETTLE_TIME);
    expect(visit.news).toEqual({ count: 2, since: AT });
    visit.dismiss();
    expect(visit.news).toBeNull();
    expect([...list.unread]).toEqual(['new', 'newer']);
  });

  it.each([
    ['at the first visit', null, EPOCH],
    ['after a visit to another epoch', 6, 'bbbbbbbb'],
    ['if there is nothing', 8, EPOCH],
  ] as const)('TOG-11 is nothing %s', (_, seen, epoch) => {
    open(seen, epoch);
    clock.advance(SETTLE_TIME);
    expect(list.unread.size).toBe(0);
    expect(visit.news).toBeNull();
  });

  it('TOG-11 does not contain what this user changes, on any device', () => {
    open(6);
    receive(9, ana, 'new', 'old');
    expect([...list.unread]).toEqual(['newer']);
    receive(10, bob, 'old');
    expect([...list.unread]).toEqual(['newer', 'old']);
    clock.advance(SETTLE_TIME);
    expect(visit.news?.count).toBe(3);
  });

  it('TOG-11 stays the same when the connection is renewed', () => {
    open(6);
    connected.receive(visitedWelcome(8));
    expect(list.lastVisit?.version).toBe(6);
  });

  it('TOG-11 begins again after a pause', () => {
    open(6);
    clock.advance(SETTLE_TIME);
    visit.setVisible(false);
    clock.advance(PAUSE_BETWEEN_VISITS - 1);
    visit.setVisible(true);
    expect([...list.unread]).toEqual(['new', 'newer']);
    visit.setVisible(false);
    clock.advance(PAUSE_BETWEEN_VISITS);
    receive(9, bob, 'old');
    visit.setVisible(true);
    expect([...list.unread]).toEqual(['old']);
    clock.advance(SETTLE_TIME);
    expect(visit.news?.count).toBe(1);
  });
});

describe('what is new on a card', () => {
  const card = { id: 'one', name: 'Groceries', epoch: EPOCH, version: 9 } as ListOverview;
  const entry = (version: number, actor: typeof bob): ActivityEntry => ({
    list: 'one',
    epoch: EPOCH,
    version,
    at: AT,
    actor,
    verb: 'item.added',
    summary: logSummary(['Rice'], 1),
  });
  let openId: string | null;
  let news: ListNews;

  beforeEach(() => {
    openId = null;
    news = new ListNews(
      connected.engine,
      () => ana.id,
      () => openId,
      { has: () => false },
    );
    news.start();
    connected.receive(visitedWelcome(6));
  });

  it('TOG-12 is the newest sentence and the number of changes by others', () => {
    connected.receive({
      type: 'activities',
      topic: 'activity',
      entries: [entry(9, bob), entry(8, ana)],
    });
    expect(news.of(card)).toEqual({ count: '2 new', sentence: 'Bob added Rice' });
    connected.receive({ type: 'activity', topic: 'activity', entry: entry(10, ana) });
    expect(news.of({ ...card, version: 10 })).toEqual({
      count: '2 new',
      sentence: 'Ana added Rice',
    });
  });

  it('TOG-12 ends with a visit on any device, and while the list is open', () => {
    expect(news.of(card).count).toBe('3 new');
    openId = 'one';
    expect(news.of(card).count).toBe('');
    openId = null;
    const visited = { list: 'one', epoch: EPOCH, version: 9, at: AT };
    connected.receive({ type: 'visited', ...visited });
    expect(news.of(card)).toEqual({ count: '', sentence: '' });
  });

  it('TOG-12 is nothing before the first visit', () => {
    connected.receive(visitedWelcome(null));
    expect(news.of(card).count).toBe('');
  });
});
