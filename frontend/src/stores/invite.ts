import type { Invite, InviteRequest } from '../protocol/rest';
import { roleLabel } from './permissions';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The lifetimes of a link. */
export const LIFETIMES: readonly { seconds: number; label: string }[] = [
  { seconds: HOUR, label: 'in 1 hour' },
  { seconds: DAY, label: 'in 1 day' },
  { seconds: 7 * DAY, label: 'in 7 days' },
  { seconds: 30 * DAY, label: 'in 30 days' },
  { seconds: 365 * DAY, label: 'in 1 year' },
];

/** How often a link may be used. Null: without limit. */
export const USE_LIMITS: readonly { count: number | null; label: string }[] = [
  { count: 1, label: 'once' },
  { count: 5, label: '5 times' },
  { count: 20, label: '20 times' },
  { count: null, label: 'without limit' },
];

export const DEFAULT_INVITE: InviteRequest = {
  role: 'editor',
  expires_in: 7 * DAY,
  max_uses: null,
  guest: false,
};

/** Whether a link can still be used. */
export function isOpen({ revoked, expires_at, max_uses, uses }: Invite, now: number): boolean {
  return !revoked && Date.parse(expires_at) > now && (max_uses === null || uses < max_uses);
}

/** The access that a link gives, such as "Can edit" or "Guest can tick". */
export function inviteTitle({ role, guest }: Pick<Invite, 'role' | 'guest'>): string {
  return guest ? `Guest ${roleLabel(role)}` : roleLabel(role).replace(/^c/, 'C');
}

/** The status of a link, such as "Used 1 of 5 · 6 days left". */
export function inviteStatus({ uses, max_uses, expires_at }: Invite, now: number): string {
  const used =
    max_uses !== null
      ? `Used ${uses} of ${max_uses}`
      : uses === 0
        ? 'Not used yet'
        : `Used ${uses} ${uses === 1 ? 'time' : 'times'}`;
  return `${used} · ${remainingTime(expires_at, now)}`;
}

/** The remaining time, such as "6 days left". */
export function remainingTime(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (seconds <= 0) return 'expired';
  if (seconds < 1.5 * MINUTE) return '1 minute left';
  if (seconds < 1.5 * HOUR) return `${Math.round(seconds / MINUTE)} minutes left`;
  if (seconds < 1.5 * DAY) return `${Math.round(seconds / HOUR)} hours left`;
  return `${Math.round(seconds / DAY)} days left`;
}
