import type { Role } from '../protocol/rest';

/** An action that needs a role. */
export type Action = 'tick' | 'edit' | 'manage' | 'invite';

/** The roles, lowest first. Each role includes the actions of the roles before it. */
const ROLES = {
  viewer: [],
  ticker: ['tick'],
  editor: ['edit'],
  owner: ['manage', 'invite'],
} as const satisfies Record<Role, readonly Action[]>;

export const ALL_ROLES = Object.keys(ROLES) as Role[];
/** The roles for invites. Anyone may get hold of a link, so no link makes its user an owner. */
export const INVITED_ROLES = ALL_ROLES.filter((role) => role !== 'owner');

/** The lowest role that is allowed to do this. */
export function requiredRole(action: Action): Role {
  return ALL_ROLES.find((role) => (ROLES[role] as readonly Action[]).includes(action)) ?? 'owner';
}

export function isAllowed(role: Role, action: Action): boolean {
  return ALL_ROLES.indexOf(role) >= ALL_ROLES.indexOf(requiredRole(action));
}
