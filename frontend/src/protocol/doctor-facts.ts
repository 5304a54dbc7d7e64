import type { ConnectionAnswer } from './rest';

/**
 * What was measured on the way to a server. The names are those of live/doctor/facts.py and of
 * tests/vectors/doctor.json. Null and an empty array mean: not measured.
 */
export interface Facts {
  /** `http` or `https`. */
  scheme: string;
  /** The host of the address, with its port if there is one. */
  host: string;
  page_status: number | null;
  page_error: string | null;
  /** The header `Server` of a response: Trolley itself sends none. */
  proxy: string | null;
  answer: ConnectionAnswer | null;
  redirect: { status: number; location: string | null } | null;
  socket: SocketFacts | null;
  handshake: ConnectionAnswer['handshake'];
  /** Whether the user is signed in. */
  has_credential: boolean;
  /** Whether the socket knew the user. */
  is_welcome: boolean;
  round_trips_ms: number[];
  /** When each piece of a response arrived, after the first one. */
  piece_times_ms: number[];
  silence: SilenceFacts | null;
  silence_seconds: number;
  /** The clock of this device minus that of the server, in seconds. */
  clock_offset: number | null;
}

/** An attempt to open the socket. A browser does not know the status. */
export interface SocketFacts {
  is_open: boolean;
  status: number | null;
  error: string | null;
}

/** A socket on which nothing was sent, in seconds. */
export interface SilenceFacts {
  asked: number;
  lasted: number;
  is_closed: boolean;
  /** Whether the server left out its pings. */
  is_silent: boolean;
  is_refused: boolean;
}

/** What only a browser knows. */
export interface BrowserFacts {
  is_secure: boolean;
  has_service_worker: boolean;
  /** Whether the browser keeps what the page stores; null: it does not tell. */
  is_persisted: boolean | null;
  notifications: NotificationPermission | null;
}

export const NO_FACTS: Omit<Facts, 'scheme' | 'host'> = {
  page_status: null,
  page_error: null,
  proxy: null,
  answer: null,
  redirect: null,
  socket: null,
  handshake: null,
  has_credential: false,
  is_welcome: false,
  round_trips_ms: [],
  piece_times_ms: [],
  silence: null,
  silence_seconds: 70,
  clock_offset: null,
};
