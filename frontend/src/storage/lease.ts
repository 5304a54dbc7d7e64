/** The right of one tab to send, for a short time. */
export interface Lease {
  holder: string;
  /** When it ends unless it is renewed, in Unix milliseconds. */
  until: number;
}

/** How long a lease lasts, in milliseconds: a tab that crashed is replaced after that. */
export const LEASE_TIME = 4000;

/** How often a tab renews its lease, or asks for that of another one, in milliseconds. */
export const LEASE_INTERVAL = 1000;

/** The lease that a tab gets, or null if another tab has one. Pure. */
export function claimed(current: Lease | null, holder: string, now: number): Lease | null {
  const isFree = current === null || current.holder === holder || current.until <= now;
  // A clock that was set back must not keep a lease for longer than it lasts.
  const isImpossible = current !== null && current.until > now + LEASE_TIME;
  return isFree || isImpossible ? { holder, until: now + LEASE_TIME } : null;
}
