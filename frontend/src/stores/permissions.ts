import * as m from '#messages';
import type { Role } from '../protocol/rest';

/** An action that needs a role. */
export type Action = 'tick' | 'edit' | 'manage' | 'invite';

/** The roles, lowest first. Each role includes the actions of the roles before it. */
const ROLES = {
  viewer: { label: m.role_viewer(), actions: [] },
  ticker: { label: m.role_ticker(), actions: ['tick'] },
  editor: { label: m.role_editor(), actions: ['edit'] },
  owner: { label: m.role_owner(), actions: ['manage', 'invite'] },
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
  return isAllowed(role, 'tick') ? m.restriction_tick() : m.restriction_view();
}
