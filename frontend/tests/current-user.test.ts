import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { parseProblem } from '../src/net/problem';
import type { SocketConnectionEvents } from '../src/net/socket-connection';
import type { UserProfile } from '../src/protocol/rest-refined';
import { CurrentUser } from '../src/stores/current-user.svelte';
import { Engine, type EngineEvent } from '../src/sync/engine';
import { MemoryOutboxStorage } from '../src/sync/outbox-storage';
import { ManualClock, promises } from './fake/clock';

const me = (id: number): UserProfile => ({
  id,
  name: `Person ${id}`,
  username: `p${id}`,
  email: '',
  is_staff: false,
  is_guest: false,
});

describe('a person', () => {
  let person: CurrentUser;
  let wires: SocketConnectionEvents[];
  let told: EngineEvent['kind'][];
  let asked: string[];
  /** Who the cookie stands for; null: nobody. */
  let cookie: number | null;
  let answerPassword: () => void;

  beforeEach(() => {
    cookie = 1;
    wires = [];
    told = [];
    asked = [];
    const answer = ({ path }: HttpRequest): unknown => {
      asked.push(path);
      if (path === 'auth/password/') {
        // The old cookie is good no longer, and the new one comes with the answer.
        cookie = null;
        return new Promise<void>((done) => {
          answerPassword = () => {
            cookie = 1;
            done();
          };
        });
      }
      if (cookie === null) throw parseProblem(401, { code: 'not_authenticated' }, null);
      return path === 'auth/logout/' ? null : me(cookie);
    };
    const http = async <T>(ask: HttpRequest): Promise<T> => (await answer(ask)) as T;
    const engine = new Engine(
      (events) => {
        wires.push(events);
        return { send: () => undefined, close: () => undefined };
      },
      http,
      new ManualClock(),
      new MemoryOutboxStorage(),
    );
    engine.subscribe((news) => told.push(...news.map(({ kind }) => kind)));
    person = new CurrentUser(new Api(http), engine);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('stays signed in when the password is changed and the server hangs up first', async () => {
    await person.refresh();
    const changing = person.changePassword('old', 'new');
    wires.at(-1)?.onClose(4503);
    // The socket's end is answered by a question, which has to wait for the new cookie.
    await new Promise((later) => setTimeout(later, 0));
    await promises();
    expect([person.state, asked]).toEqual(['signed in', ['auth/me/', 'auth/password/']]);
    answerPassword();
    await changing;
    await promises();
    expect([person.state, wires.length]).toEqual(['signed in', 2]);
    expect(told).not.toContain('reset');
  });

  it('stays signed in when another tab changes the password', async () => {
    vi.useFakeTimers();
    await person.refresh();
    cookie = null;
    wires.at(-1)?.onClose(4503);
    await vi.advanceTimersByTimeAsync(0);
    expect([person.state, asked.length]).toEqual(['signed in', 2]);
    cookie = 1;
    await vi.advanceTimersByTimeAsync(1000);
    expect([person.state, wires.length]).toEqual(['signed in', 2]);
    expect(told).not.toContain('reset');
  });

  it('is nobody any more when the session was ended elsewhere', async () => {
    vi.useFakeTimers();
    await person.refresh();
    cookie = null;
    wires.at(-1)?.onClose(4503);
    await vi.advanceTimersByTimeAsync(1000);
    expect(person.state).toBe('signed out');
  });

  it('leaves nothing behind when they sign out', async () => {
    await person.refresh();
    await person.signOut();
    expect([person.state, person.profile, told.includes('reset')]).toEqual([
      'signed out',
      null,
      true,
    ]);
  });

  it('shows nothing of a page that comes back until the server has said who is here', async () => {
    await person.refresh();
    person.invalidate();
    expect([person.state, person.profile]).toEqual(['unknown', null]);
    await promises();
    expect([person.state, told.includes('reset')]).toEqual(['signed in', false]);
    cookie = 2;
    person.invalidate();
    await promises();
    expect([person.profile?.id, told.includes('reset')]).toEqual([2, true]);
  });

  it('is nobody in a page that comes back after they signed out elsewhere', async () => {
    await person.refresh();
    cookie = null;
    person.invalidate();
    await promises();
    expect([person.state, person.profile]).toEqual(['signed out', null]);
  });
});
