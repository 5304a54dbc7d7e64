import type { Role, UserProfile } from '../protocol/rest';

/** An action that needs a role. */
export type Action = 'tick' | 'edit' | 'manage' | 'invite';

/** The roles, lowest first. Each role includes the actions of the roles before it. */
const ROLES = {
  viewer: { label: 'can view', actions: [] },
  ticker: { label: 'can tick', actions: ['tick'] },
  editor: { label: 'can edit', actions: ['edit'] },
  owner: { label: 'owner', actions: ['manage', 'invite'] },
} as const satisfies Record<Role, { label: string; actions: readonly Action[] }>;

export const ALL_ROLES = Object.keys(ROLES) as Role[];
/** The roles for invites. Anyone may get hold of a link, so no link makes its user an owner. */
export const INVITED_ROLES = ALL_ROLES.filter((role) => role !== 'owner');

/** The text for a role. */
export function roleLabel(role: Role): string {
  return ROLES[role].label;
}

/** The lowest role that is allowed to do this. */
export function requiredRole(action: Action): Role {
  return (
    ALL_ROLES.find((role) => (ROLES[role].actions as readonly Action[]).includes(action)) ?? 'owner'
  );
}

export function isAllowed(role: Role, action: Action): boolean {
  return ALL_ROLES.indexOf(role) >= ALL_ROLES.indexOf(requiredRole(action));
}

/** What a member with this role may not do, or null if there is no restriction. */
export function restrictionOf(role: Role): string | null {
  if (isAllowed(role, 'edit')) return null;
  return isAllowed(role, 'tick')
    ? 'You can tick items. An owner can allow you to edit them.'
    : 'You can view this list. An owner can allow you to tick or edit items.';
}

interface MemberContext {
  user: Pick<UserProfile, 'id' | 'is_guest'> | null;
  members: readonly { id: number; role: Role }[];
}

const roleOf = ({ user, members }: MemberContext): Role | null =>
  members.find(({ id }) => id === user?.id)?.role ?? null;

/** Why the user cannot create invites, or null if they can. */
export function whyInviteIsForbidden(context: MemberContext): string | null {
  const role = roleOf(context);
  if (role === null || !isAllowed(role, 'invite')) return 'Only an owner can invite people.';
  return context.user?.is_guest ? 'Guests cannot invite people. Create an account first.' : null;
}

/** Why the user cannot leave the list, or null if they can. */
export function whyLeavingIsForbidden(context: MemberContext): string | null {
  const owners = context.members.filter(({ role }) => role === 'owner');
  if (owners.length !== 1 || owners[0]?.id !== context.user?.id) return null;
  return context.members.length === 1
    ? 'You are the only member. You can delete the list instead.'
    : 'You are the only owner. Make another member an owner before you leave.';
}
