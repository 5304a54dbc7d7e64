export const SUBPROTOCOL = 'trolley.v1';
export const RESTARTING = 4000;
export const SESSION_EXPIRED = 4001;
export const NOT_SIGNED_IN = 4501;
export const REVOKED = 4503;

/** What a client does after its socket was closed (protocol, client rule 4). */
export type ReconnectDecision = 'reconnect' | 'stop' | 'sign in';

const RECONNECT_CODES = new Set([1001, 1005, 1006, 1011, 1012, 1013]);

/** The range of the close code decides about a reconnect. Three codes require a sign-in first. */
export function reconnectDecision(code: number): ReconnectDecision {
  if (code === SESSION_EXPIRED || code === NOT_SIGNED_IN || code === REVOKED) return 'sign in';
  if (RECONNECT_CODES.has(code) || (code >= 4000 && code <= 4499)) return 'reconnect';
  return 'stop';
}
