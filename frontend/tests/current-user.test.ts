import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem, unreachableProblem } from '../src/net/problem';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import type { UserProfile } from '../src/protocol/rest';
import { CurrentUser } from '../src/stores/current-user.svelte';
import { Engine, type EngineEvent } from '../src/sync/engine';
import type { BrowserStorage } from '../src/sync/storage';
import { createFakeApi } from './fake/api';
import { paintAtOnce } from './fake/paint';
import { ManualClock, settlePromises } from './fake/clock';
import { FakeBrowser } from './fake/storage';

const profileOf = (id: number): UserProfile => ({
  id,
  name: `User ${id}`,
  username: `p${id}`,
  email: '',
  language: '',
  is_staff: false,
  is_guest: false,
});

describe('the current user', () => {
  let user: CurrentUser;
  /** The user of a page that says that nobody is signed in. */
  let signedOutPage: CurrentUser;
  let connections: SocketConnectionEvents[];
  let eventKinds: EngineEvent['kind'][];
  let getPaths: () => string[];
  /** The user of the session, or null. */
  let sessionUserId: number | null;
  let respondToPasswordChange: () => void;

  beforeEach(() => {
    sessionUserId = 1;
    connections = [];
    eventKinds = [];
    const respond = ({ path }: HttpRequest): unknown => {
      if (path === 'auth/password/') {
        // The old cookie is invalid now. The new one arrives with the response.
        sessionUserId = null;
        return new Promise<void>((resolve) => {
          respondToPasswordChange = () => {
            sessionUserId = 1;
            resolve();
          };
        });
      }
      if (sessionUserId === null) throw parseProblem(401, { code: 'not_authenticated' }, null);
      return path === 'auth/logout/' ? null : profileOf(sessionUserId);
    };
    const { api, http, requests } = createFakeApi(respond);
    getPaths = () => requests.map(({ path }) => path);
    const engine = new Engine(
      (events) => {
        connections.push(events);
        return { send: () => undefined, close: () => undefined };
      },
      http,
      new ManualClock(),
      paintAtOnce,
    );
    engine.subscribe((events) => eventKinds.push(...events.map(({ kind }) => kind)));
    user = new CurrentUser(api, engine);
    signedOutPage = new CurrentUser(api, engine, undefined, () => Promise.resolve(true));
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('PAG-5 says that another device has ended the session', async () => {
    vi.useFakeTimers();
    await user.refresh();
    sessionUserId = null;
    connections.at(-1)?.onClose(4503);
    await vi.advanceTimersByTimeAsync(2000);
    expect([user.state, user.endedBy]).toEqual(['signed out', 'another device']);
    sessionUserId = 1;
    await user.signIn('p1', 'password');
    expect(user.endedBy).toBeNull();
    await user.signOut();
    expect([user.state, user.endedBy]).toEqual(['signed out', null]);
  });

  it('says that a session has ended by itself', async () => {
    vi.useFakeTimers();
    await user.refresh();
    sessionUserId = null;
    connections.at(-1)?.onClose(4001);
    await vi.advanceTimersByTimeAsync(2000);
    expect([user.state, user.endedBy]).toEqual(['signed out', 'time']);
  });

  it('stays signed in when the socket closes before the password response arrives', async () => {
    await user.refresh();
    const changing = user.changePassword('old', 'new');
    connections.at(-1)?.onClose(4503);
    // The closed socket triggers a refresh, which must wait for the new cookie.
    await new Promise((later) => setTimeout(later, 0));
    await settlePromises();
    expect([user.state, getPaths()]).toEqual(['signed in', ['auth/me/', 'auth/password/']]);
    respondToPasswordChange();
    await changing;
    await settlePromises();
    expect([user.state, connections.length]).toEqual(['signed in', 2]);
    expect(eventKinds).not.toContain('reset');
  });

  it('stays signed in when another tab changes the password', async () => {
    vi.useFakeTimers();
    await user.refresh();
    sessionUserId = null;
    connections.at(-1)?.onClose(4503);
    await vi.advanceTimersByTimeAsync(0);
    expect([user.state, getPaths().length]).toEqual(['signed in', 2]);
    sessionUserId = 1;
    await vi.advanceTimersByTimeAsync(1000);
    expect([user.state, connections.length]).toEqual(['signed in', 2]);
    expect(eventKinds).not.toContain('reset');
  });

  it('is signed out when the session ended elsewhere', async () => {
    vi.useFakeTimers();
    await user.refresh();
    sessionUserId = null;
    connections.at(-1)?.onClose(4503);
    await vi.advanceTimersByTimeAsync(1000);
    expect(user.state).toBe('signed out');
  });

  it('is signed out without a request when the page says so, until a sign-in (PAG-18)', async () => {
    await Promise.all([signedOutPage.refresh(), signedOutPage.refresh()]);
    expect([signedOutPage.state, getPaths()]).toEqual(['signed out', []]);
    await signedOutPage.signIn('ana', 'x');
    await signedOutPage.refresh();
    expect([signedOutPage.state, getPaths().at(-1)]).toEqual(['signed in', 'auth/me/']);
    signedOutPage.invalidate();
    await settlePromises();
    expect(signedOutPage.state).toBe('signed in');
  });

  it('resets the engine at sign-out', async () => {
    await user.refresh();
    await user.signOut();
    expect([user.state, user.profile, eventKinds.includes('reset')]).toEqual([
      'signed out',
      null,
      true,
    ]);
  });

  it('is unknown on a restored page until the server responds', async () => {
    await user.refresh();
    user.invalidate();
    expect([user.state, user.profile]).toEqual(['unknown', null]);
    await settlePromises();
    expect([user.state, eventKinds.includes('reset')]).toEqual(['signed in', false]);
    sessionUserId = 2;
    user.invalidate();
    await settlePromises();
    expect([user.profile?.id, eventKinds.includes('reset')]).toEqual([2, true]);
  });

  it('is signed out on a restored page when the session ended elsewhere', async () => {
    await user.refresh();
    sessionUserId = null;
    user.invalidate();
    await settlePromises();
    expect([user.state, user.profile]).toEqual(['signed out', null]);
  });

  describe('of a browser that stores something', () => {
    let stored: UserProfile | null;
    let forgotten: string[];
    let storage: BrowserStorage;
    let isSessionMissing: boolean;
    let isReachable: boolean;
    let requests: HttpRequest[];
    let engine: Engine;
    let browser: FakeBrowser;

    beforeEach(() => {
      stored = profileOf(1);
      forgotten = [];
      isReachable = true;
      browser = new FakeBrowser(new ManualClock());
      storage = {
        status: 'stored',
        onStatus: () => undefined,
        readSession: () => Promise.resolve(stored),
        writeSession: (profile) => {
          stored = profile;
          return Promise.resolve();
        },
        forgetSession: (edits) => {
          stored = null;
          forgotten.push(edits);
          return Promise.resolve();
        },
        pendingUsers: () => Promise.resolve([{ name: 'Ana', editCount: 2 }]),
        ofUser: (id) => (id === 1 ? browser : new FakeBrowser(new ManualClock())).openTab().storage,
      };
      const fake = createFakeApi(({ path }) => {
        if (!isReachable) throw unreachableProblem();
        if (sessionUserId === null) throw parseProblem(401, { code: 'not_authenticated' }, null);
        return path === 'auth/logout/' ? null : profileOf(sessionUserId);
      });
      ({ requests } = fake);
      connections = [];
      engine = new Engine(
        (events) => {
          connections.push(events);
          return { send: () => undefined, close: () => undefined };
        },
        fake.http,
        new ManualClock(),
        paintAtOnce,
      );
      engine.subscribe((events) => eventKinds.push(...events.map(({ kind }) => kind)));
      isSessionMissing = false;
      user = new CurrentUser(fake.api, engine, Promise.resolve(storage), () =>
        Promise.resolve(isSessionMissing),
      );
    });

    const edit = (): string =>
      engine.submit({ type: 'rename', list: 'one', name: 'Weekend' }, 'Weekend');
    const edits = (): HttpRequest[] => requests.filter(({ method }) => method === 'PATCH');

    const storeAll = async (): Promise<void> => {
      await settlePromises();
      while (browser.step()) await settlePromises();
      await settlePromises();
    };

    it('OFF-4 is shown without the server, and is not signed out by its silence', async () => {
      isReachable = false;
      user.restore();
      await user.refresh();
      await settlePromises();
      expect([user.state, user.profile?.name, user.isConfirmed]).toEqual([
        'signed in',
        'User 1',
        false,
      ]);
    });

    it('OFF-5 sends nothing before the server says that it is the same user', async () => {
      isReachable = false;
      user.restore();
      await user.refresh();
      edit();
      await storeAll();
      expect(edits()).toEqual([]);
      isReachable = true;
      await user.refresh();
      await storeAll();
      expect([user.isConfirmed, edits().length]).toEqual([true, 1]);
    });

    it('OFF-5 shows another user nothing of this one, and sends nothing as them', async () => {
      isReachable = false;
      user.restore();
      await user.refresh();
      edit();
      await storeAll();
      isReachable = true;
      sessionUserId = 2;
      connections.at(-1)?.onFrames([
        {
          type: 'welcome',
          protocol: 1,
          at: '2026-11-22T10:00:00Z',
          server: '1',
          connection: 'c',
          user: { id: 2, name: 'Bob' },
          lists: [],
          heartbeat: 20,
          limits: {},
        },
      ]);
      await storeAll();
      expect([user.profile?.id, stored?.id, engine.outbox, edits()]).toEqual([2, 2, [], []]);
      expect(eventKinds).toContain('reset');
    });

    it('PAG-18 is asked for although the page says that nobody is signed in', async () => {
      isSessionMissing = true;
      user.restore();
      await user.refresh();
      expect([user.state, user.isConfirmed]).toEqual(['signed in', true]);
    });

    it('OFF-5 forgets the lists and keeps the edits when the session ended', async () => {
      sessionUserId = null;
      user.restore();
      await user.refresh();
      expect([user.state, forgotten]).toEqual(['signed out', ['keep edits']]);
      expect(await user.pendingUsers()).toEqual([{ name: 'Ana', editCount: 2 }]);
    });

    it.each(['keep edits', 'remove edits'] as const)('OFF-5 signs out: %s', async (edits) => {
      await user.refresh();
      await user.signOut(edits);
      expect([user.state, forgotten]).toEqual(['signed out', [edits]]);
    });
  });
});
