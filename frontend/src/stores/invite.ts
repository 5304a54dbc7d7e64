import * as m from '#messages';
import type { Invite, InvitedRole, InvitePreview, InviteRequest, Role } from '../protocol/rest';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The lifetimes of a link. */
export const LIFETIMES: readonly { seconds: number; label: string }[] = [
  { seconds: HOUR, label: m.expires_in_hours({ count: 1 }) },
  { seconds: DAY, label: m.expires_in_days({ count: 1 }) },
  { seconds: 7 * DAY, label: m.expires_in_days({ count: 7 }) },
  { seconds: 30 * DAY, label: m.expires_in_days({ count: 30 }) },
  { seconds: 365 * DAY, label: m.expires_in_years({ count: 1 }) },
];

/** How often a link may be used. Null: without limit. */
export const USE_LIMITS: readonly { count: number | null; label: string }[] = [
  { count: 1, label: m.share_uses_once() },
  { count: 5, label: m.share_uses_times({ count: 5 }) },
  { count: 20, label: m.share_uses_times({ count: 20 }) },
  { count: null, label: m.share_uses_unlimited() },
];

export const DEFAULT_INVITE: InviteRequest = {
  role: 'editor',
  expires_in: 7 * DAY,
  max_uses: null,
  guest: false,
};

const OFFERS: Record<InvitedRole, Offer> = {
  viewer: m.share_offer_viewer,
  ticker: m.share_offer_ticker,
  editor: m.share_offer_editor,
};
const GUEST_OFFERS: Record<InvitedRole, Offer> = {
  viewer: m.share_offer_guest_viewer,
  ticker: m.share_offer_guest_ticker,
  editor: m.share_offer_guest_editor,
};
type Offer = (inputs: { time: string }) => string;

/** What a link that is made with these settings gives to whom. */
export function inviteOffer({
  role,
  guest,
  expires_in = 7 * DAY,
  max_uses = null,
}: InviteRequest): string {
  const offers = guest ? GUEST_OFFERS : OFFERS;
  const sentence = offers[role]({ time: lifetimeText(expires_in) });
  return max_uses === null ? sentence : `${sentence} ${m.share_offer_uses({ count: max_uses })}`;
}

function lifetimeText(seconds: number): string {
  const days = seconds / DAY;
  const [value, unit] =
    days < 1 ? [seconds / HOUR, 'hour'] : days < 365 ? [days, 'day'] : [1, 'year'];
  return new Intl.NumberFormat(__LOCALE__, { style: 'unit', unit, unitDisplay: 'long' }).format(
    value,
  );
}

/** Whether a link can still be used. */
export function isOpen({ revoked, expires_at, max_uses, uses }: Invite, now: number): boolean {
  return !revoked && Date.parse(expires_at) > now && (max_uses === null || uses < max_uses);
}

const TITLES: Record<Role, string> = {
  viewer: m.invite_viewer(),
  ticker: m.invite_ticker(),
  editor: m.invite_editor(),
  owner: m.invite_owner(),
};
const GUEST_TITLES: Record<InvitedRole, string> = {
  viewer: m.invite_guest_viewer(),
  ticker: m.invite_guest_ticker(),
  editor: m.invite_guest_editor(),
};
const INVITED_AS: Record<InvitedRole, string> = {
  viewer: m.join_as_viewer(),
  ticker: m.join_as_ticker(),
  editor: m.join_as_editor(),
};
const INVITED_AS_GUEST: Record<InvitedRole, string> = {
  viewer: m.join_as_guest_viewer(),
  ticker: m.join_as_guest_ticker(),
  editor: m.join_as_guest_editor(),
};

/** The access that a link gives, such as "Can edit" or "Guest can tick". */
export function inviteTitle({ role, guest }: Pick<Invite, 'role' | 'guest'>): string {
  return guest && role !== 'owner' ? GUEST_TITLES[role] : TITLES[role];
}

/** What an invite allows, to the user who opened its link: "You can tick." */
export function invitedAs({ role, guest }: Pick<InvitePreview, 'role' | 'guest'>): string {
  if (role === 'owner') return '';
  return guest ? INVITED_AS_GUEST[role] : INVITED_AS[role];
}

/** The status of a link, such as "Used 1 of 5 · 6 days left". */
export function inviteStatus({ uses, max_uses, expires_at }: Invite, now: number): string {
  return `${usesText(uses, max_uses)} · ${remainingTime(expires_at, now)}`;
}

function usesText(count: number, max: number | null): string {
  if (max !== null) return m.invite_used_of({ uses: count, max });
  return count === 0 ? m.invite_unused() : m.invite_used({ count });
}

/** The remaining time, such as "6 days left". */
export function remainingTime(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (seconds <= 0) return m.time_expired();
  if (seconds < 1.5 * HOUR) return timeLeft(Math.max(1, Math.round(seconds / MINUTE)), 'minute');
  if (seconds < 1.5 * DAY) return timeLeft(Math.round(seconds / HOUR), 'hour');
  return timeLeft(Math.round(seconds / DAY), 'day');
}

function timeLeft(value: number, unit: 'minute' | 'hour' | 'day'): string {
  const format = new Intl.NumberFormat(__LOCALE__, { style: 'unit', unit, unitDisplay: 'long' });
  return m.time_left({ time: format.format(value) });
}
