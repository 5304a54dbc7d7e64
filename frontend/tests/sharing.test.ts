import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../src/net/http';
import { unreachableProblem } from '../src/net/problem';
import type { CreatedInvite, Invite } from '../src/protocol/rest';
import {
  isOpen,
  inviteOffer,
  inviteStatus,
  inviteTitle,
  DEFAULT_INVITE,
} from '../src/stores/invite';
import { ALL_ROLES, INVITED_ROLES, isAllowed } from '../src/stores/permissions';
import { restrictionOf, roleLabel } from '../src/stores/role-words';
import { whyInviteIsForbidden, whyLeavingIsForbidden } from '../src/stores/share-obstacles';
import { Sharing } from '../src/stores/sharing.svelte';
import { createFakeApi } from './fake/api';
import { ana, AT } from './fake/rows';

const user = { id: ana.id, is_guest: false };
const owner = { id: ana.id, role: 'owner' as const };
const memberWith = (role: (typeof ALL_ROLES)[number]): { id: number; role: typeof role } => ({
  id: 9,
  role,
});

describe('the roles', () => {
  it('include the actions of the roles before', () => {
    expect(ALL_ROLES.map(roleLabel)).toEqual(['can view', 'can tick', 'can edit', 'owner']);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'tick'))).toEqual([false, true, true, true]);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'edit'))).toEqual([false, false, true, true]);
    expect(ALL_ROLES.map((role) => isAllowed(role, 'manage'))).toEqual([false, false, false, true]);
  });

  it('explain the restriction of a member', () => {
    expect(restrictionOf('viewer')).toContain('allow you to tick or edit');
    expect(restrictionOf('ticker')).toContain('allow you to edit');
    expect(restrictionOf('editor')).toBeNull();
  });

  it('exclude owner from invites', () => {
    expect(INVITED_ROLES).toEqual(['viewer', 'ticker', 'editor']);
  });

  it('allow only owners with an account to invite', () => {
    expect(whyInviteIsForbidden({ user, members: [owner] })).toBeNull();
    expect(whyInviteIsForbidden({ user, members: [{ ...owner, role: 'editor' }] })).toContain(
      'Only an owner',
    );
    expect(whyInviteIsForbidden({ user: { ...user, is_guest: true }, members: [owner] })).toContain(
      'Guests',
    );
  });

  it('keep the last owner on the list, and explain why', () => {
    expect(whyLeavingIsForbidden({ user, members: [owner] })).toContain('delete the list instead');
    expect(whyLeavingIsForbidden({ user, members: [owner, memberWith('editor')] })).toContain(
      'another member an owner',
    );
    expect(whyLeavingIsForbidden({ user, members: [owner, memberWith('owner')] })).toBeNull();
    expect(
      whyLeavingIsForbidden({ user, members: [{ ...owner, role: 'viewer' }, memberWith('owner')] }),
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

describe('an invite link', () => {
  it('has a title and a status', () => {
    expect(inviteTitle(invite)).toBe('Guest can tick');
    expect(inviteTitle({ role: 'editor', guest: false })).toBe('Can edit');
    expect(inviteStatus(invite, now)).toBe('Used 1 of 5 · 6 days left');
    expect(inviteStatus({ ...invite, max_uses: null, uses: 0 }, now)).toBe(
      'Not used yet · 6 days left',
    );
  });

  it('is offered with its role, its time and how often it can be used', () => {
    expect(inviteOffer(DEFAULT_INVITE)).toBe('Anyone with the link can edit, for 7 days.');
    expect(inviteOffer({ role: 'ticker', expires_in: 3600, max_uses: 1, guest: true })).toBe(
      'Anyone with the link can tick without an account, for 1 hour. It can be used once.',
    );
  });

  it('is open until it is revoked, expired or used up', () => {
    expect(isOpen(invite, now)).toBe(true);
    expect(isOpen({ ...invite, revoked: true }, now)).toBe(false);
    expect(isOpen({ ...invite, expires_at: AT }, now)).toBe(false);
    expect(isOpen({ ...invite, uses: 5 }, now)).toBe(false);
    expect(isOpen({ ...invite, uses: 5, max_uses: null }, now)).toBe(true);
  });
});

describe('the share dialog', () => {
  function createSharing(respond: (request: HttpRequest) => unknown): {
    sharing: Sharing;
    requests: HttpRequest[];
  } {
    const { api, requests } = createFakeApi(respond);
    return { sharing: new Sharing(api, 'one'), requests };
  }
  const created: CreatedInvite = {
    ...{ id: 'new', role: 'ticker', expires_at: invite.expires_at, max_uses: 5, uses: 0 },
    ...{ guest: true, token: 's', url: 'https://x/join/#s' },
    ...{ works_here_only: false, network_url: null },
  };

  it('shows a created link until it is revoked', async () => {
    const { sharing } = createSharing(({ method }) => (method === 'POST' ? created : [invite]));
    await sharing.createInvite(DEFAULT_INVITE);
    expect(sharing.created?.url).toBe(created.url);
    expect(sharing.openInvites(now)).toEqual([invite]);
    await sharing.revokeInvite({ ...invite, id: 'new' });
    expect(sharing.created).toBeNull();
  });

  it('reuses the idempotency key when there was no response', async () => {
    let isBroken = true;
    const { sharing, requests } = createSharing(({ method }) => {
      if (isBroken) throw unreachableProblem();
      return method === 'POST' ? created : [];
    });
    await sharing.createInvite(DEFAULT_INVITE);
    expect(sharing.submission.problem?.message).toContain('cannot be reached');
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true });
    isBroken = false;
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true });
    await sharing.createInvite({ ...DEFAULT_INVITE, guest: true, max_uses: 1 });
    const [first, second, third, fourth] = requests
      .filter(({ method }) => method === 'POST')
      .map(({ op }) => op);
    expect(first).not.toBe(second);
    expect(second).toBe(third);
    expect(fourth).not.toBe(undefined);
    expect(fourth).not.toBe(third);
  });

  it('uses the link that is shown for the same settings again', async () => {
    const { sharing, requests } = createSharing(({ method }) => (method === 'POST' ? created : []));
    await sharing.createInvite(DEFAULT_INVITE);
    await sharing.createInvite({ ...DEFAULT_INVITE });
    expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(sharing.isCreated({ ...DEFAULT_INVITE, guest: true })).toBe(false);
  });

  it('reports whether a role was changed', async () => {
    const { sharing } = createSharing(({ body }) => {
      if ((body as { role: string }).role === 'owner') throw unreachableProblem();
      return {};
    });
    expect(await sharing.setRole(4, 'viewer')).toBe(true);
    expect(await sharing.setRole(4, 'owner')).toBe(false);
    expect(sharing.submission.problem).not.toBeNull();
  });
});
