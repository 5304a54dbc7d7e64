import type { UserProfile, Role } from '../protocol/rest';

/** What a person may want to do with a list. */
export type Action = 'tick' | 'edit' | 'manage' | 'invite';

/** The one table of roles, weakest first: each may do what the ones before it may. */
const ROLES = {
  viewer: { label: 'can look', deeds: [] },
  ticker: { label: 'can tick', deeds: ['tick'] },
  editor: { label: 'can edit', deeds: ['edit'] },
  owner: { label: 'owner', deeds: ['manage', 'invite'] },
} as const satisfies Record<Role, { label: string; deeds: readonly Action[] }>;

export const ALL_ROLES = Object.keys(ROLES) as Role[];
/** A link may fall into anybody's hands, so it makes nobody an owner. */
export const INVITED_ROLES = ALL_ROLES.filter((role) => role !== 'owner');

/** A role in plain words. */
export function roleLabel(role: Role): string {
  return ROLES[role].label;
}

/** The weakest role that may do this. */
export function requiredRole(action: Action): Role {
  return (
    ALL_ROLES.find((role) => (ROLES[role].deeds as readonly Action[]).includes(action)) ?? 'owner'
  );
}

export function isAllowed(role: Role, action: Action): boolean {
  return ALL_ROLES.indexOf(role) >= ALL_ROLES.indexOf(requiredRole(action));
}

/** Why this person may not do more here, or null if they may do it all the same. */
export function restrictionOf(role: Role): string | null {
  if (isAllowed(role, 'edit')) return null;
  return isAllowed(role, 'tick')
    ? 'You can tick here. An owner of the list can let you edit.'
    : 'You can look here. An owner of the list can let you tick or edit.';
}

interface MemberContext {
  user: Pick<UserProfile, 'id' | 'is_guest'> | null;
  members: readonly { id: number; role: Role }[];
}

const roleOf = ({ user, members }: MemberContext): Role | null =>
  members.find(({ id }) => id === user?.id)?.role ?? null;

/** Why this person cannot make invites, or null if they can. */
export function whyInviteIsForbidden(context: MemberContext): string | null {
  const role = roleOf(context);
  if (role === null || !isAllowed(role, 'invite')) return 'Only an owner can invite people.';
  return context.user?.is_guest
    ? 'Guests cannot invite people. Make yourself an account first.'
    : null;
}

/** Why this person cannot leave the list, or null if they can. */
export function whyLeavingIsForbidden(context: MemberContext): string | null {
  const owners = context.members.filter(({ role }) => role === 'owner');
  if (owners.length !== 1 || owners[0]?.id !== context.user?.id) return null;
  return context.members.length === 1
    ? 'Nobody else is on this list. You can delete it instead.'
    : 'You are the only owner. Make somebody else an owner, then you can leave.';
}
