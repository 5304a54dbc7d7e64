/** What a close code asks of the client (protocol, client rule 4). */
export const SUBPROTOCOL = 'trolley.v1';
export const SESSION_EXPIRED = 4001;
export const NOT_SIGNED_IN = 4501;
export const REVOKED = 4503;

export type ReconnectDecision = 'reconnect' | 'stop' | 'sign in';

const RECONNECT_CODES = new Set([1001, 1005, 1006, 1011, 1012, 1013]);

/** The range says whether to come back; three codes ask to sign in first. */
export function reconnectDecision(code: number): ReconnectDecision {
  if (code === SESSION_EXPIRED || code === NOT_SIGNED_IN || code === REVOKED) return 'sign in';
  if (RECONNECT_CODES.has(code) || (code >= 4000 && code <= 4499)) return 'reconnect';
  return 'stop';
}
