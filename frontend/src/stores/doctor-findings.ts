import type { BrowserFacts, Facts, SocketFacts } from '../protocol/doctor-facts';
import type { ConnectionAnswer } from '../protocol/rest';

export type FindingState = 'ok' | 'wrong' | 'none';

/** The result of one check. `key` names its text, whose gaps have the `values`. */
export interface Finding {
  check: string;
  state: FindingState;
  key: string;
  values: Record<string, string>;
}

const BAD_GATEWAYS = [502, 503, 504];
const SLOW_ROUND_TRIP_MS = 1000;
/** The time between the first and the last piece of the response in pieces. */
const PIECE_SPREAD_MS = 600;
/** The part of that time in which the pieces may arrive. */
const MIN_SPREAD = 0.5;
/** A socket that is closed after this many times of the keep-alive was not closed too early. */
const KEEPALIVE_MARGIN = 1.25;
const MAX_CLOCK_OFFSET = 30;
const DEFAULT_PORTS: Record<string, string> = { http: ':80', https: ':443' };
const CHECKS_OF_THE_WAY = [
  ...['https', 'host', 'scheme', 'address', 'upgrade', 'origin', 'cookies', 'sign_in'],
  ...['round_trip', 'streaming', 'silence', 'clock'],
];

const result =
  (state: FindingState) =>
  (check: string, key: string, values: Record<string, string> = {}): Finding => ({
    check,
    state,
    key,
    values,
  });
const ok = result('ok');
const wrong = result('wrong');
const none = result('none');

/**
 * The result of each check of the way, in their order. The same rules for the command are in
 * live/doctor/findings.py; tests/vectors/doctor.json holds both.
 */
export function findingsOf(facts: Facts): Finding[] {
  const page = pageOf(facts);
  const { answer } = facts;
  if (answer === null) {
    return [page, ...CHECKS_OF_THE_WAY.map((check) => none(check, 'needs_page'))];
  }
  const https = httpsOf(facts, answer);
  const host = hostOf(facts, answer);
  const scheme = schemeOf(facts, answer, https);
  const streaming = streamingOf(facts);
  return [
    page,
    https,
    host,
    scheme,
    addressOf(facts, answer, scheme),
    upgradeOf(facts, answer, streaming),
    originOf(facts, host, scheme),
    cookiesOf(facts, answer),
    signInOf(facts, answer),
    roundTripOf(facts, streaming),
    streaming,
    silenceOf(facts, answer),
    clockOf(facts),
  ];
}

function pageOf(facts: Facts): Finding {
  if (facts.answer !== null) return ok('page', 'page_ok', { version: facts.answer.version });
  if (facts.page_status === null)
    return wrong('page', 'page_unreachable', { error: facts.page_error ?? 'no answer' });
  const key = BAD_GATEWAYS.includes(facts.page_status) ? 'page_bad_gateway' : 'page_not_trolley';
  return wrong('page', key, { status: String(facts.page_status) });
}

function httpsOf(facts: Facts, answer: ConnectionAnswer): Finding {
  if (facts.scheme === 'http') {
    return answer.is_https_required
      ? wrong('https', 'https_required')
      : none('https', 'https_not_used');
  }
  if (!answer.is_https_required) return wrong('https', 'https_not_set', { origin: origin(facts) });
  if (facts.redirect === null) return none('https', 'redirect_unknown');
  const { status, location } = facts.redirect;
  return status >= 300 && status < 400 && (location ?? '').startsWith('https://')
    ? ok('https', 'https_redirects')
    : wrong('https', 'redirect_missing', { status: String(status) });
}

function hostOf(facts: Facts, answer: ConnectionAnswer): Finding {
  const received = answer.received.host ?? '';
  if (usual(received, facts.scheme) === usual(facts.host, facts.scheme))
    return ok('host', 'host_ok', { host: facts.host });
  return wrong('host', 'host_changed', { host: received || '(none)', expected: facts.host });
}

function usual(host: string, scheme: string): string {
  const port = DEFAULT_PORTS[scheme] ?? '';
  const lower = host.toLowerCase();
  return port !== '' && lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function schemeOf(facts: Facts, answer: ConnectionAnswer, https: Finding): Finding {
  const { received } = answer;
  if (received.scheme === facts.scheme)
    return ok('scheme', 'scheme_ok', { scheme: received.scheme });
  if (https.state === 'wrong') return none('scheme', 'needs_other', { other: 'https' });
  if (facts.scheme === 'https' && !received.has_forwarded_proto)
    return wrong('scheme', 'scheme_not_sent');
  if (!received.is_from_trusted_proxy)
    return wrong('scheme', 'proxy_not_trusted', { client: received.client ?? '' });
  return wrong('scheme', 'scheme_wrong', { scheme: facts.scheme, received: received.scheme });
}

function addressOf(facts: Facts, answer: ConnectionAnswer, scheme: Finding): Finding {
  const { received } = answer;
  if (received.has_forwarded_for) {
    if (received.is_from_trusted_proxy) return ok('address', 'address_ok');
    if (scheme.key === 'proxy_not_trusted')
      return none('address', 'needs_other', { other: 'Forwarded protocol' });
    return wrong('address', 'proxy_not_trusted', { client: received.client ?? '' });
  }
  const hasProxy =
    received.is_from_trusted_proxy || facts.scheme === 'https' || facts.proxy !== null;
  return hasProxy ? wrong('address', 'address_not_sent') : ok('address', 'address_direct');
}

function upgradeOf(facts: Facts, answer: ConnectionAnswer, streaming: Finding): Finding {
  const { socket, handshake } = facts;
  if (socket === null) return none('upgrade', 'not_checked');
  const isHttp10 = answer.received.http_version === '1.0';
  if (socket.status === 426 || handshake?.outcome === 'no_upgrade')
    return wrong('upgrade', isHttp10 ? 'http10_no_upgrade' : 'no_upgrade');
  if (isHttp10) return wrong('upgrade', 'http10');
  if (socket.is_open || handshake?.outcome === 'foreign_origin') return ok('upgrade', 'upgrade_ok');
  return handshake === null ? noSocket(socket) : noAnswer(socket, streaming);
}

/** Why a handshake did not reach the server. */
function noSocket({ status, error }: SocketFacts): Finding {
  if (status === null) return wrong('upgrade', 'upgrade_lost', { error: error ?? 'no answer' });
  let key = 'upgrade_refused';
  if (BAD_GATEWAYS.includes(status)) key = 'upgrade_bad_gateway';
  else if (status === 404 || status < 400) key = 'upgrade_elsewhere';
  return wrong('upgrade', key, { status: String(status) });
}

/** Why the client does not know that its handshake was accepted. */
function noAnswer({ status, error }: SocketFacts, streaming: Finding): Finding {
  if (streaming.state === 'wrong') return none('upgrade', 'needs_other', { other: 'Buffering' });
  const reason = error ?? (status === null ? 'no answer' : `status ${String(status)}`);
  return wrong('upgrade', 'upgrade_unanswered', { error: reason });
}

function originOf(facts: Facts, host: Finding, scheme: Finding): Finding {
  const { handshake } = facts;
  if (handshake === null || handshake.outcome === 'no_upgrade') {
    return facts.socket?.is_open === true
      ? ok('origin', 'origin_ok')
      : none('origin', 'needs_socket');
  }
  const received = handshake.received.origin;
  const expected = origin(facts);
  if (received === null) return wrong('origin', 'origin_removed');
  if (received !== expected)
    return wrong('origin', 'origin_changed', { origin: received, expected });
  if (handshake.outcome === 'accepted') return ok('origin', 'origin_ok');
  if (host.state === 'wrong') return none('origin', 'needs_other', { other: 'Host' });
  if (scheme.state === 'wrong')
    return none('origin', 'needs_other', { other: 'Forwarded protocol' });
  if (scheme.key === 'needs_other') return none('origin', 'needs_other', scheme.values);
  return wrong('origin', 'origin_refused', { expected });
}

function cookiesOf(facts: Facts, answer: ConnectionAnswer): Finding {
  if (!answer.received.has_cookie)
    return wrong('cookies', 'cookies_removed', { where: 'requests' });
  if (facts.handshake !== null && !facts.handshake.received.has_cookie)
    return wrong('cookies', 'cookies_removed', { where: 'handshakes of sockets' });
  return ok('cookies', 'cookies_ok');
}

function signInOf(facts: Facts, answer: ConnectionAnswer): Finding {
  if (!facts.has_credential) return none('sign_in', 'sign_in_without');
  if (facts.is_welcome) return ok('sign_in', 'sign_in_ok');
  if (facts.socket?.is_open !== true) return none('sign_in', 'needs_socket');
  const { has_authorization, has_session } = answer.received;
  const isRemoved = !has_authorization && !has_session;
  return wrong('sign_in', isRemoved ? 'authorization_removed' : 'sign_in_refused');
}

function roundTripOf(facts: Facts, streaming: Finding): Finding {
  if (facts.socket?.is_open !== true) return none('round_trip', 'needs_socket');
  const times = [...facts.round_trips_ms].sort((a, b) => a - b);
  if (times.length === 0) {
    return streaming.state === 'wrong'
      ? none('round_trip', 'needs_other', { other: 'Buffering' })
      : wrong('round_trip', 'round_trip_lost');
  }
  const middle = medianOf(times);
  const values = { ms: formatted(middle), count: String(times.length) };
  return middle >= SLOW_ROUND_TRIP_MS
    ? wrong('round_trip', 'round_trip_slow', values)
    : ok('round_trip', 'round_trip_ok', values);
}

function medianOf(sorted: number[]): number {
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}

function streamingOf({ piece_times_ms: times }: Facts): Finding {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return none('streaming', 'not_checked');
  return last - first < MIN_SPREAD * PIECE_SPREAD_MS
    ? wrong('streaming', 'buffered')
    : ok('streaming', 'streaming_ok');
}

function silenceOf(facts: Facts, answer: ConnectionAnswer): Finding {
  const { silence } = facts;
  if (silence === null) {
    return facts.socket?.is_open === true
      ? none('silence', 'silence_not_run', { seconds: formatted(facts.silence_seconds) })
      : none('silence', 'needs_socket');
  }
  if (silence.is_refused) return none('silence', 'silence_refused');
  if (!silence.is_closed) {
    const key = silence.is_silent ? 'silence_ok' : 'silence_with_pings';
    return ok('silence', key, { seconds: formatted(silence.asked) });
  }
  const values = { seconds: formatted(silence.lasted), keepalive: formatted(answer.keepalive) };
  return silence.lasted >= KEEPALIVE_MARGIN * answer.keepalive
    ? ok('silence', 'idle_timeout_harmless', values)
    : wrong('silence', 'idle_timeout', values);
}

function clockOf({ clock_offset: offset }: Facts): Finding {
  if (offset === null) return none('clock', 'not_checked');
  const distance = Math.abs(offset);
  if (distance < MAX_CLOCK_OFFSET)
    return ok('clock', 'clock_ok', { seconds: formatted(Math.max(1, distance)) });
  const direction = offset > 0 ? 'ahead of' : 'behind';
  return wrong('clock', 'clock_wrong', { seconds: formatted(distance), direction });
}

/** The result of each check that only a browser can do. None of them is a fault of the way. */
export function browserFindingsOf(facts: BrowserFacts): Finding[] {
  return [
    facts.is_secure ? ok('secure', 'secure_ok') : none('secure', 'secure_missing'),
    serviceWorkerOf(facts),
    storageOf(facts),
    notificationsOf(facts),
  ];
}

function serviceWorkerOf({ has_service_worker, is_secure }: BrowserFacts): Finding {
  if (has_service_worker) return ok('service_worker', 'service_worker_ok');
  return none('service_worker', is_secure ? 'service_worker_missing' : 'service_worker_insecure');
}

function storageOf({ is_persisted }: BrowserFacts): Finding {
  if (is_persisted === null) return none('storage', 'storage_unknown');
  return is_persisted ? ok('storage', 'storage_ok') : none('storage', 'storage_temporary');
}

function notificationsOf({ notifications }: BrowserFacts): Finding {
  if (notifications === null) return none('notifications', 'notifications_missing');
  if (notifications === 'granted') return ok('notifications', 'notifications_ok');
  const isDenied = notifications === 'denied';
  return none('notifications', isDenied ? 'notifications_denied' : 'notifications_ask');
}

function origin({ scheme, host }: Facts): string {
  return `${scheme}://${host}`;
}

/** A number, below 10 with one decimal if it has any. */
function formatted(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
}
