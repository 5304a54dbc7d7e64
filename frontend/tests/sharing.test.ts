import { describe, expect, it } from 'vitest';
import { Api } from '../src/net/api';
import type { Ask } from '../src/net/http';
import { unreachable } from '../src/net/problem';
import type { Invite, MadeInvite } from '../src/protocol/rest';
import { isOpen, stateOf, titleOf, USUAL } from '../src/stores/invite';
import {
  ALL_ROLES,
  INVITED_ROLES,
  limitOf,
  may,
  whyNotInvite,
  whyNotLeave,
  wordOf,
} from '../src/stores/roles';
import { Sharing } from '../src/stores/sharing.svelte';
import { ana, AT } from './fake/rows';

const me = { id: ana.id, is_guest: false };
const owner = { id: ana.id, role: 'owner' as const };
const other = (role: (typeof ALL_ROLES)[number]): { id: number; role: typeof role } => ({
  id: 9,
  role,
});

describe('roles', () => {
  it('include each the one before', () => {
    expect(ALL_ROLES.map(wordOf)).toEqual(['can look', 'can tick', 'can edit', 'owner']);
    expect(ALL_ROLES.map((role) => may(role, 'tick'))).toEqual([false, true, true, true]);
    expect(ALL_ROLES.map((role) => may(role, 'edit'))).toEqual([false, false, true, true]);
    expect(ALL_ROLES.map((role) => may(role, 'manage'))).toEqual([false, false, false, true]);
  });

  it('say why somebody may not do more', () => {
    expect(limitOf('viewer')).toContain('let you tick or edit');
    expect(limitOf('ticker')).toContain('let you edit');
    expect(limitOf('editor')).toBeNull();
  });

  it('let a link make nobody an owner', () => {
    expect(INVITED_ROLES).toEqual(['viewer', 'ticker', 'editor']);
  });

  it('let owners with an account invite', () => {
    expect(whyNotInvite({ me, members: [owner] })).toBeNull();
    expect(whyNotInvite({ me, members: [{ ...owner, role: 'editor' }] })).toContain(
      'Only an owner',
    );
    expect(whyNotInvite({ me: { ...me, is_guest: true }, members: [owner] })).toContain('Guests');
  });

  it('keep the last owner on the list, and say what to do', () => {
    expect(whyNotLeave({ me, members: [owner] })).toContain('delete it instead');
    expect(whyNotLeave({ me, members: [owner, other('editor')] })).toContain(
      'somebody else an owner',
    );
    expect(whyNotLeave({ me, members: [owner, other('owner')] })).toBeNull();
    expect(whyNotLeave({ me, members: [{ ...owner, role: 'viewer' }, other('owner')] })).toBeNull();
  });
});

const invite: Invite = {
  id: 'i',
  role: 'ticker',
  expires_at: '2026-11-28T10:00:00Z',
  max_uses: 5,
  uses: 1,
  guest: true,
  created_by: ana,
  revoked: false,
};
const now = Date.parse(AT);

describe('an invite', () => {
  it('is told in words', () => {
    expect(titleOf(invite)).toBe('Guest can tick');
    expect(titleOf({ role: 'editor', guest: false })).toBe('Can edit');
    expect(stateOf(invite, now)).toBe('Used 1 of 5 · 6 days left');
    expect(stateOf({ ...invite, max_uses: null, uses: 0 }, now)).toBe('Not used yet · 6 days left');
  });

  it('is open until it is revoked, over or used up', () => {
    expect(isOpen(invite, now)).toBe(true);
    expect(isOpen({ ...invite, revoked: true }, now)).toBe(false);
    expect(isOpen({ ...invite, expires_at: AT }, now)).toBe(false);
    expect(isOpen({ ...invite, uses: 5 }, now)).toBe(false);
    expect(isOpen({ ...invite, uses: 5, max_uses: null }, now)).toBe(true);
  });
});

describe('sharing', () => {
  function shared(answer: (ask: Ask) => unknown): { sharing: Sharing; asked: Ask[] } {
    const asked: Ask[] = [];
    const api = new Api(async <T>(ask: Ask) => {
      asked.push(ask);
      return (await answer(ask)) as T;
    });
    return { sharing: new Sharing(api, 'one'), asked };
  }
  const made = { ...invite, id: 'new', token: 's', url: 'https://x/join/#s' } as MadeInvite;

  it('shows the link that was made, and forgets it when it is revoked', async () => {
    const { sharing } = shared(({ method }) => (method === 'POST' ? made : [invite]));
    await sharing.make(USUAL);
    expect(sharing.made?.url).toBe(made.url);
    expect(sharing.open(now)).toEqual([invite]);
    await sharing.revoke({ ...invite, id: 'new' });
    expect(sharing.made).toBeNull();
  });

  it('asks again under the same key after no answer, so that one link is made', async () => {
    let broken = true;
    const { sharing, asked } = shared(({ method }) => {
      if (broken) throw unreachable();
      return method === 'POST' ? made : [];
    });
    await sharing.make(USUAL);
    expect(sharing.wrong).toContain('cannot be reached');
    await sharing.make({ ...USUAL, guest: true });
    broken = false;
    await sharing.make({ ...USUAL, guest: true });
    await sharing.make({ ...USUAL, guest: true });
    const [first, second, third, fourth] = asked
      .filter(({ method }) => method === 'POST')
      .map(({ op }) => op);
    expect(first).not.toBe(second);
    expect(second).toBe(third);
    expect(fourth).not.toBe(third);
  });

  it('says whether a role was changed', async () => {
    const { sharing } = shared(({ body }) => {
      if ((body as { role: string }).role === 'owner') throw unreachable();
      return {};
    });
    expect(await sharing.setRole(4, 'viewer')).toBe(true);
    expect(await sharing.setRole(4, 'owner')).toBe(false);
    expect(sharing.wrong).not.toBe('');
  });
});
