import * as m from '#messages';
import type { Role } from '../protocol/rest';
import { isAllowed } from './permissions';

const LABELS: Record<Role, string> = {
  viewer: m.role_viewer(),
  ticker: m.role_ticker(),
  editor: m.role_editor(),
  owner: m.role_owner(),
};

/** The text for a role. */
export function roleLabel(role: Role): string {
  return LABELS[role];
}

/** What a member with this role may not do, or null if there is no restriction. */
export function restrictionOf(role: Role): string | null {
  if (isAllowed(role, 'edit')) return null;
  return isAllowed(role, 'tick') ? m.restriction_tick() : m.restriction_view();
}
