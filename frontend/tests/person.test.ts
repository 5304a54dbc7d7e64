import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/net/api';
import type { Ask } from '../src/net/http';
import { problemOf } from '../src/net/problem';
import type { WireEvents } from '../src/net/wire';
import type { Me } from '../src/protocol/rest';
import { Person } from '../src/stores/person.svelte';
import { Engine, type News } from '../src/sync/engine';
import { MemoryShelf } from '../src/sync/shelf';
import { ManualClock, promises } from './fake/clock';

const me = (id: number): Me => ({
  id,
  name: `Person ${id}`,
  username: `p${id}`,
  email: '',
  is_staff: false,
  is_guest: false,
});

describe('a person', () => {
  let person: Person;
  let wires: WireEvents[];
  let told: News['kind'][];
  let asked: string[];
  /** Who the cookie stands for; null: nobody. */
  let cookie: number | null;
  let answerPassword: () => void;

  beforeEach(() => {
    cookie = 1;
    wires = [];
    told = [];
    asked = [];
    const answer = ({ path }: Ask): unknown => {
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
      if (cookie === null) throw problemOf(401, { code: 'not_authenticated' }, null);
      return path === 'auth/logout/' ? null : me(cookie);
    };
    const http = async <T>(ask: Ask): Promise<T> => (await answer(ask)) as T;
    const engine = new Engine(
      (events) => {
        wires.push(events);
        return { send: () => undefined, close: () => undefined };
      },
      http,
      new ManualClock(),
      new MemoryShelf(),
    );
    engine.listen((news) => told.push(...news.map(({ kind }) => kind)));
    person = new Person(new Api(http), engine);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('stays signed in when the password is changed and the server hangs up first', async () => {
    await person.ask();
    const changing = person.changePassword('old', 'new');
    wires.at(-1)?.closed(4503);
    // The socket's end is answered by a question, which has to wait for the new cookie.
    await new Promise((later) => setTimeout(later, 0));
    await promises();
    expect([person.state, asked]).toEqual(['in', ['auth/me/', 'auth/password/']]);
    answerPassword();
    await changing;
    await promises();
    expect([person.state, wires.length]).toEqual(['in', 2]);
    expect(told).not.toContain('reset');
  });

  it('stays signed in when another tab changes the password', async () => {
    vi.useFakeTimers();
    await person.ask();
    cookie = null;
    wires.at(-1)?.closed(4503);
    await vi.advanceTimersByTimeAsync(0);
    expect([person.state, asked.length]).toEqual(['in', 2]);
    cookie = 1;
    await vi.advanceTimersByTimeAsync(1000);
    expect([person.state, wires.length]).toEqual(['in', 2]);
    expect(told).not.toContain('reset');
  });

  it('is nobody any more when the session was ended elsewhere', async () => {
    vi.useFakeTimers();
    await person.ask();
    cookie = null;
    wires.at(-1)?.closed(4503);
    await vi.advanceTimersByTimeAsync(1000);
    expect(person.state).toBe('out');
  });

  it('leaves nothing behind when they sign out', async () => {
    await person.ask();
    await person.signOut();
    expect([person.state, person.me, told.includes('reset')]).toEqual(['out', null, true]);
  });

  it('shows nothing of a page that comes back until the server has said who is here', async () => {
    await person.ask();
    person.doubt();
    expect([person.state, person.me]).toEqual(['asking', null]);
    await promises();
    expect([person.state, told.includes('reset')]).toEqual(['in', false]);
    cookie = 2;
    person.doubt();
    await promises();
    expect([person.me?.id, told.includes('reset')]).toEqual([2, true]);
  });

  it('is nobody in a page that comes back after they signed out elsewhere', async () => {
    await person.ask();
    cookie = null;
    person.doubt();
    await promises();
    expect([person.state, person.me]).toEqual(['out', null]);
  });
});
