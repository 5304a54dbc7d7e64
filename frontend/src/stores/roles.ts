import type { Me, Role } from '../protocol/rest';

/** What a person may want to do with a list. */
export type Deed = 'tick' | 'edit' | 'manage' | 'invite';

/** The one table of roles, weakest first: each may do what the ones before it may. */
const ROLES = {
  viewer: { can: 'can look', deeds: [] },
  ticker: { can: 'can tick', deeds: ['tick'] },
  editor: { can: 'can edit', deeds: ['edit'] },
  owner: { can: 'owner', deeds: ['manage', 'invite'] },
} as const satisfies Record<Role, { can: string; deeds: readonly Deed[] }>;

export const ALL_ROLES = Object.keys(ROLES) as Role[];
/** A link may fall into anybody's hands, so it makes nobody an owner. */
export const INVITED_ROLES = ALL_ROLES.filter((role) => role !== 'owner');

/** A role in plain words. */
export function wordOf(role: Role): string {
  return ROLES[role].can;
}

/** The weakest role that may do this. */
export function neededFor(deed: Deed): Role {
  return ALL_ROLES.find((role) => (ROLES[role].deeds as readonly Deed[]).includes(deed)) ?? 'owner';
}

export function may(role: Role, deed: Deed): boolean {
  return ALL_ROLES.indexOf(role) >= ALL_ROLES.indexOf(neededFor(deed));
}

/** Why this person may not do more here, or null if they may do it all the same. */
export function limitOf(role: Role): string | null {
  if (may(role, 'edit')) return null;
  return may(role, 'tick')
    ? 'You can tick here. An owner of the list can let you edit.'
    : 'You can look here. An owner of the list can let you tick or edit.';
}

interface Standing {
  me: Pick<Me, 'id' | 'is_guest'> | null;
  members: readonly { id: number; role: Role }[];
}

const roleOf = ({ me, members }: Standing): Role | null =>
  members.find(({ id }) => id === me?.id)?.role ?? null;

/** Why this person cannot make invites, or null if they can. */
export function whyNotInvite(standing: Standing): string | null {
  const role = roleOf(standing);
  if (role === null || !may(role, 'invite')) return 'Only an owner can invite people.';
  return standing.me?.is_guest
    ? 'Guests cannot invite people. Make yourself an account first.'
    : null;
}

/** Why this person cannot leave the list, or null if they can. */
export function whyNotLeave(standing: Standing): string | null {
  const owners = standing.members.filter(({ role }) => role === 'owner');
  if (owners.length !== 1 || owners[0]?.id !== standing.me?.id) return null;
  return standing.members.length === 1
    ? 'Nobody else is on this list. You can delete it instead.'
    : 'You are the only owner. Make somebody else an owner, then you can leave.';
}
