import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import type { UserProfile } from '../src/protocol/rest';
import { CurrentUser } from '../src/stores/current-user.svelte';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { createFakeApi } from './fake/api';
import { paintAtOnce } from './fake/paint';
import { ManualClock, settlePromises } from './fake/clock';

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
      new MemoryOutboxStorage(),
      paintAtOnce,
    );
    engine.subscribe((events) => eventKinds.push(...events.map(({ kind }) => kind)));
    user = new CurrentUser(api, engine);
  });

  afterEach(() => {
    vi.useRealTimers();
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
});
