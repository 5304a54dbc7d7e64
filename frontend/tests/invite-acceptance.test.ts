import { describe, expect, it } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import type { CurrentUser } from '../src/stores/current-user.svelte';
import { InviteAcceptance } from '../src/stores/invite-acceptance.svelte';
import { takeLinkSecret } from '../src/stores/link-secret';

const gone = new Problem(404, 'not_found', 'Not found.');
const preview = { list: { name: 'Groceries' }, role: 'editor', guest: false, invited_by: 'Ana' };

interface Entry {
  state: unknown;
  address: string;
}

function entry(state: unknown = null): Entry & Parameters<typeof takeLinkSecret>[1] {
  const made = {
    state,
    address: '/join/#s3cret',
    replaceState(kept: unknown, _unused: string, url: string) {
      made.state = kept;
      made.address = url;
    },
  };
  return made;
}

describe('the secret of a link', () => {
  it('leaves the address bar at once, and survives a reload', () => {
    const history = entry();
    expect(takeLinkSecret({ pathname: '/join/', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(history.address).toBe('/join/');
    expect(takeLinkSecret({ pathname: '/join/', hash: '' }, history)).toBe('s3cret');
  });

  it('is also taken from a link that resets a password', () => {
    const history = entry();
    expect(takeLinkSecret({ pathname: '/reset/', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(history.address).toBe('/reset/');
  });

  it('is looked for on the pages of such links only', () => {
    const history = entry({ secret: 'other' });
    expect(takeLinkSecret({ pathname: '/', hash: '#s3cret' }, history)).toBeNull();
    expect(history.address).toBe('/join/#s3cret');
  });

  it('is nothing where there was none', () => {
    for (const state of [null, 'x', {}, { secret: 3 }]) {
      expect(takeLinkSecret({ pathname: '/join/', hash: '' }, entry(state))).toBeNull();
    }
  });
});

describe('joining', () => {
  function at(
    state: CurrentUser['state'],
    answer: (ask: HttpRequest) => unknown,
    secret: string | null = 's3cret',
  ): { join: InviteAcceptance; asked: HttpRequest[]; person: { state: CurrentUser['state'] } } {
    const asked: HttpRequest[] = [];
    const api = new Api(async <T>(ask: HttpRequest) => {
      asked.push(ask);
      return (await answer(ask)) as T;
    });
    const enter = (): Promise<void> => {
      person.state = 'signed in';
      return Promise.resolve();
    };
    const person = { state, refresh: enter, signIn: enter, register: enter, upgradeGuest: enter };
    return {
      join: new InviteAcceptance(api, person as unknown as CurrentUser, secret),
      asked,
      person,
    };
  }
  const door =
    (accept: unknown = { list: { id: 'one' } }) =>
    ({ path }: HttpRequest): unknown => {
      const said = path === 'invites/preview/' ? preview : accept;
      if (said instanceof Error) throw said;
      return said;
    };

  it('shows what the invite is for, without using it', async () => {
    const { join, asked } = at('signed out', door());
    await join.loadPreview();
    expect(join.state).toBe('ready');
    expect(join.preview?.list.name).toBe('Groceries');
    expect(asked.map(({ path }) => path)).toEqual(['invites/preview/']);
  });

  it('never has the secret in an address', async () => {
    const { join, asked } = at('signed out', door());
    await join.loadPreview();
    await join.accept('Grandma');
    expect(asked.map(({ path }) => path)).toEqual(['invites/preview/', 'invites/accept/']);
    expect(asked.every(({ body }) => JSON.stringify(body).includes('s3cret'))).toBe(true);
  });

  it('lets a guest in by a name, and then asks who that is', async () => {
    const { join, asked, person } = at('signed out', door());
    await join.accept('Grandma');
    expect(asked[0]?.body).toEqual({ token: 's3cret', name: 'Grandma' });
    expect(person.state).toBe('signed in');
    expect(join.joinedListId).toBe('one');
  });

  it('joins after signing in and after signing up', async () => {
    const signed = at('signed out', door());
    await signed.join.signIn('ben', 'password');
    expect(signed.join.joinedListId).toBe('one');
    const registered = at('signed out', door());
    await registered.join.register({ username: 'ben', name: 'Ben', password: 'password' });
    expect(registered.join.joinedListId).toBe('one');
  });

  it('takes a member back to the list by a link that is over', async () => {
    const { join } = at('signed in', ({ path }) => {
      if (path === 'invites/preview/') throw gone;
      return { list: { id: 'one' } };
    });
    await join.loadPreview();
    expect(join.joinedListId).toBe('one');
  });

  it('says one thing of every link that lets nobody in', async () => {
    const none = at('signed out', door(), null);
    await none.join.loadPreview();
    const over = at('signed out', () => {
      throw gone;
    });
    await over.join.loadPreview();
    const late = at('signed in', door(gone));
    await late.join.accept();
    expect([none, over, late].map(({ join }) => join.state)).toEqual([
      'invalid',
      'invalid',
      'invalid',
    ]);
  });

  it('does not call a link dead because the network is', async () => {
    const { join } = at('signed out', () => {
      throw new Problem(0, 'unreachable', 'The server cannot be reached.');
    });
    await join.loadPreview();
    expect(join.state).toBe('failed');
    expect(join.error).toContain('cannot be reached');
  });
});
