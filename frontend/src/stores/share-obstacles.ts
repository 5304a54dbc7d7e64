import * as m from '#messages';
import type { Role, UserProfile } from '../protocol/rest';
import { isAllowed } from './permissions';

interface MemberContext {
  user: Pick<UserProfile, 'id' | 'is_guest'> | null;
  members: readonly { id: number; role: Role }[];
}

const roleOf = ({ user, members }: MemberContext): Role | null =>
  members.find(({ id }) => id === user?.id)?.role ?? null;

/** Why the user cannot create invites, or null if they can. */
export function whyInviteIsForbidden(context: MemberContext): string | null {
  const role = roleOf(context);
  if (role === null || !isAllowed(role, 'invite')) return m.share_only_owner();
  return context.user?.is_guest ? m.share_guest_cannot() : null;
}

/** Why the user cannot leave the list, or null if they can. */
export function whyLeavingIsForbidden(context: MemberContext): string | null {
  const owners = context.members.filter(({ role }) => role === 'owner');
  if (owners.length !== 1 || owners[0]?.id !== context.user?.id) return null;
  return context.members.length === 1 ? m.share_only_member() : m.share_last_owner();
}
