import type { Invite, InviteRequest } from '../protocol/rest';
import { roleLabel } from './permissions';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a link may be good for, in seconds. */
export const LIFETIMES = [
  { seconds: HOUR, label: '1 hour' },
  { seconds: DAY, word: '1 day' },
  { seconds: 7 * DAY, word: '7 days' },
  { seconds: 30 * DAY, word: '30 days' },
  { seconds: 365 * DAY, word: '1 year' },
];

/** How often a link may be used; null: without limit. */
export const USE_LIMITS = [
  { count: 1, label: 'once' },
  { times: 5, word: '5 times' },
  { times: 20, word: '20 times' },
  { times: null, word: 'without limit' },
];

export const DEFAULT_INVITE: InviteRequest = {
  role: 'editor',
  expires_in: 7 * DAY,
  max_uses: null,
  guest: false,
};

/** Whether a link still lets somebody in. */
export function isOpen({ revoked, expires_at, max_uses, uses }: Invite, now: number): boolean {
  return !revoked && Date.parse(expires_at) > now && (max_uses === null || uses < max_uses);
}

/** "can edit", "guest can tick". */
export function inviteTitle({ role, guest }: Pick<Invite, 'role' | 'guest'>): string {
  return guest ? `Guest ${roleLabel(role)}` : roleLabel(role).replace(/^c/, 'C');
}

/** "Used 1 of 5 times · 6 days left". */
export function inviteStatus({ uses, max_uses, expires_at }: Invite, now: number): string {
  const used =
    max_uses !== null
      ? `Used ${uses} of ${max_uses}`
      : uses === 0
        ? 'Not used yet'
        : `Used ${uses}×`;
  return `${used} · ${remainingTime(expires_at, now)}`;
}

/** How much time is left: "6 days left". */
export function remainingTime(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (seconds <= 0) return 'over';
  if (seconds < 1.5 * MINUTE) return '1 minute left';
  if (seconds < 1.5 * HOUR) return `${Math.round(seconds / MINUTE)} minutes left`;
  if (seconds < 1.5 * DAY) return `${Math.round(seconds / HOUR)} hours left`;
  return `${Math.round(seconds / DAY)} days left`;
}
