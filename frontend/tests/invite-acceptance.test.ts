import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { Problem } from '../src/net/problem';
import type { CurrentUser } from '../src/stores/current-user.svelte';
import { InviteAcceptance } from '../src/stores/invite-acceptance.svelte';
import { takeLinkSecret } from '../src/stores/link-secret';
import { createFakeApi } from './fake/api';

const notFound = new Problem(404, 'not_found', 'Not found.');
const preview = {
  list: { name: 'Groceries' },
  role: 'editor',
  guest: false,
  invited_by: 'Ana',
  member_of: null as string | null,
};

interface Entry {
  state: unknown;
  address: string;
}

function createHistory(state: unknown = null): Entry & Parameters<typeof takeLinkSecret>[1] {
  const historyEntry = {
    state,
    address: '/join/#s3cret',
    replaceState(newState: unknown, _unused: string, url: string) {
      historyEntry.state = newState;
      historyEntry.address = url;
    },
  };
  return historyEntry;
}

describe('the secret of a link', () => {
  it('is removed from the address bar and survives a reload', () => {
    const history = createHistory();
    expect(takeLinkSecret({ pathname: '/join/', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(history.address).toBe('/join/');
    expect(takeLinkSecret({ pathname: '/join/', hash: '' }, history)).toBe('s3cret');
  });

  it('is read from a password reset link too', () => {
    const history = createHistory();
    expect(takeLinkSecret({ pathname: '/reset/', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(history.address).toBe('/reset/');
  });

  it('is read on the pages of such links only', () => {
    const history = createHistory({ secret: 'other' });
    expect(takeLinkSecret({ pathname: '/', hash: '#s3cret' }, history)).toBeNull();
    expect(history.address).toBe('/join/#s3cret');
  });

  it('is null when there was none', () => {
    for (const state of [null, 'x', {}, { secret: 3 }]) {
      expect(takeLinkSecret({ pathname: '/join/', hash: '' }, createHistory(state))).toBeNull();
    }
  });
});

describe('joining a list', () => {
  function createAcceptance(
    state: CurrentUser['state'],
    respond: (request: HttpRequest) => unknown,
    secret: string | null = 's3cret',
  ): {
    acceptance: InviteAcceptance;
    requests: HttpRequest[];
    user: { state: CurrentUser['state'] };
  } {
    const { api, requests } = createFakeApi(respond);
    const enter = (): Promise<void> => {
      user.state = 'signed in';
      return Promise.resolve();
    };
    const user = { state, refresh: enter, signIn: enter, register: enter, upgradeGuest: enter };
    return {
      acceptance: new InviteAcceptance(api, user as unknown as CurrentUser, secret),
      requests,
      user,
    };
  }
  const inviteApi =
    (accept: unknown = { list: { id: 'one' } }) =>
    ({ path }: HttpRequest): unknown => {
      const response = path === 'invites/preview/' ? preview : accept;
      if (response instanceof Error) throw response;
      return response;
    };

  it('shows the invite without using it', async () => {
    const { acceptance, requests } = createAcceptance('signed out', inviteApi());
    await acceptance.loadPreview();
    expect(acceptance.state).toBe('ready');
    expect(acceptance.preview?.list.name).toBe('Groceries');
    expect(requests.map(({ path }) => path)).toEqual(['invites/preview/']);
  });

  it('sends the secret in bodies only', async () => {
    const { acceptance, requests } = createAcceptance('signed out', inviteApi());
    await acceptance.loadPreview();
    await acceptance.accept('Grandma');
    expect(requests.map(({ path }) => path)).toEqual(['invites/preview/', 'invites/accept/']);
    expect(requests.every(({ body }) => JSON.stringify(body).includes('s3cret'))).toBe(true);
  });

  it('makes a guest with a name, and then loads the profile', async () => {
    const { acceptance, requests, user } = createAcceptance('signed out', inviteApi());
    await acceptance.accept('Grandma');
    expect(requests[0]?.body).toEqual({ token: 's3cret', name: 'Grandma' });
    expect(user.state).toBe('signed in');
    expect(acceptance.joinedListId).toBe('one');
  });

  it('accepts the invite after sign-in and after registration', async () => {
    const signed = createAcceptance('signed out', inviteApi());
    await signed.acceptance.signIn('ben', 'password');
    expect(signed.acceptance.joinedListId).toBe('one');
    const registered = createAcceptance('signed out', inviteApi());
    await registered.acceptance.register({ username: 'ben', name: 'Ben', password: 'password' });
    expect(registered.acceptance.joinedListId).toBe('one');
  });

  it('opens the list for a member whose link has expired', async () => {
    const { acceptance } = createAcceptance('signed in', ({ path }) => {
      if (path === 'invites/preview/') throw notFound;
      return { list: { id: 'one' } };
    });
    await acceptance.loadPreview();
    expect(acceptance.joinedListId).toBe('one');
  });

  it('INV-15 opens the list for a member whom the invite gives no more', async () => {
    const { acceptance, requests } = createAcceptance('signed in', () => ({
      ...preview,
      member_of: 'one',
    }));
    await acceptance.loadPreview();
    expect(acceptance.joinedListId).toBe('one');
    expect(requests.map(({ path }) => path)).toEqual(['invites/preview/']);
  });

  it('reports every unusable link as invalid', async () => {
    const withoutSecret = createAcceptance('signed out', inviteApi(), null);
    await withoutSecret.acceptance.loadPreview();
    const unknown = createAcceptance('signed out', () => {
      throw notFound;
    });
    await unknown.acceptance.loadPreview();
    const revoked = createAcceptance('signed in', inviteApi(notFound));
    await revoked.acceptance.accept();
    expect([withoutSecret, unknown, revoked].map(({ acceptance }) => acceptance.state)).toEqual([
      'invalid',
      'invalid',
      'invalid',
    ]);
  });

  it('does not report a link as invalid after a network error', async () => {
    const { acceptance } = createAcceptance('signed out', () => {
      throw new Problem(0, 'unreachable', 'The server cannot be reached.');
    });
    await acceptance.loadPreview();
    expect(acceptance.state).toBe('failed');
    expect(acceptance.error).toContain('cannot be reached');
  });
});
