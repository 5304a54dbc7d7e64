import { describe, expect, it } from 'vitest';
import { Api } from '../src/net/api';
import type { HttpRequest } from '../src/net/http';
import { unreachableProblem } from '../src/net/problem';
import type { CreatedInvite, Invite } from '../src/protocol/rest';
import { isOpen, inviteStatus, inviteTitle, DEFAULT_INVITE } from '../src/stores/invite';
import {
  ALL_ROLES,
  INVITED_ROLES,
  restrictionOf,
  isAllowed,
  whyInviteIsForbidden,
  whyLeavingIsForbidden,
  roleLabel,
} from '../src/stores/permissions';
import { Sharing } from '../src/stores/sharing.svelte';
import { ana, AT } from './fake/rows';

const user = { id: ana.id, is_guest: false };
const owner = { id: ana.id, role: 'owner' as const };
const other = (role: (typeof ALL_ROLES)[number]): { id: number; role: typeof role } => ({
  id: 9,
  role,
});

describe('roles', () => {
  it('include each the one before', () => {
    expect(ALL_ROLES.map(roleLabel)).toEqual(['can view', 'can tick', 'can edit', 'owner']);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'tick'))).toEqual([false, true, true, true]);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'edit'))).toEqual([false, false, true, true]);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'manage'))).toEqual([false, false, false, true]);
  });

  it('say why somebody may not do more', () => {
    expect(restrictionOf('viewer')).toContain('allow you to tick or edit');
    expect(restrictionOf('ticker')).toContain('allow you to edit');
    expect(restrictionOf('editor')).toBeNull();
  });

  it('let a link make nobody an owner', () => {
    expect(INVITED_ROLES).toEqual(['viewer', 'ticker', 'editor']);
  });

  it('let owners with an account invite', () => {
    expect(whyInviteIsForbidden({ user, members: [owner] })).toBeNull();
    expect(whyInviteIsForbidden({ user, members: [{ ...owner, role: 'editor' }] })).toContain(
      'Only an owner',
    );
    expect(whyInviteIsForbidden({ user: { ...user, is_guest: true }, members: [owner] })).toContain(
      'Guests',
    );
  });

  it('keep the last owner on the list, and say what to do', () => {
    expect(whyLeavingIsForbidden({ user, members: [owner] })).toContain('delete the list instead');
    expect(whyLeavingIsForbidden({ user, members: [owner, other('editor')] })).toContain(
      'another member an owner',
    );
    expect(whyLeavingIsForbidden({ user, members: [owner, other('owner')] })).toBeNull();
    expect(
      whyLeavingIsForbidden({ user, members: [{ ...owner, role: 'viewer' }, other('owner')] }),
    ).toBeNull();
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
    expect(inviteTitle(invite)).toBe('Guest can tick');
    expect(inviteTitle({ role: 'editor', guest: false })).toBe('Can edit');
    expect(inviteStatus(invite, now)).toBe('Used 1 of 5 · 6 days left');
    expect(inviteStatus({ ...invite, max_uses: null, uses: 0 }, now)).toBe(
      'Not used yet · 6 days left',
    );
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
  function shared(answer: (ask: HttpRequest) => unknown): {
    sharing: Sharing;
    asked: HttpRequest[];
  } {
    const asked: HttpRequest[] = [];
    const api = new Api(async <T>(ask: HttpRequest) => {
      asked.push(ask);
      return (await answer(ask)) as T;
    });
    return { sharing: new Sharing(api, 'one'), asked };
  }
  const made = { ...invite, id: 'new', token: 's', url: 'https://x/join/#s' } as CreatedInvite;

  it('shows the link that was made, and forgets it when it is revoked', async () => {
    const { sharing } = shared(({ method }) => (method === 'POST' ? made : [invite]));
    await sharing.createInvite(DEFAULT_INVITE);
    expect(sharing.created?.url).toBe(made.url);
    expect(sharing.openInvites(now)).toEqual([invite]);
    await sharing.revokeInvite({ ...invite, id: 'new' });
    expect(sharing.created).toBeNull();
  });

  it('asks again under the same key after no answer, so that one link is made', async () => {
    let broken = true;
    const { sharing, asked } = shared(({ method }) => {
      if (broken) throw unreachableProblem();
      return method === 'POST' ? made : [];
    });
    await sharing.createInvite(DEFAULT_INVITE);
    expect(sharing.submission.problem?.message).toContain('cannot be reached');
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true });
    broken = false;
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true });
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true });
    const [first, second, third, fourth] = asked
      .filter(({ method }) => method === 'POST')
      .map(({ op }) => op);
    expect(first).not.toBe(second);
    expect(second).toBe(third);
    expect(fourth).not.toBe(third);
  });

  it('says whether a role was changed', async () => {
    const { sharing } = shared(({ body }) => {
      if ((body as { role: string }).role === 'owner') throw unreachableProblem();
      return {};
    });
    expect(await sharing.setRole(4, 'viewer')).toBe(true);
    expect(await sharing.setRole(4, 'owner')).toBe(false);
    expect(sharing.submission.problem).not.toBeNull();
  });
});
