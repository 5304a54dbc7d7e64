import {
  NO_FACTS,
  type BrowserFacts,
  type Facts,
  type SilenceFacts,
} from '../protocol/doctor-facts';
import { SUBPROTOCOL } from '../protocol/close';
import { decodeFrames } from '../protocol/framing';
import type { ConnectionAnswer } from '../protocol/rest';
import { uuid } from './uuid';

const CONNECTION_URL = '/api/live/connection/';
const PIECES_URL = '/api/live/connection/pieces/';
/** In ms, for each request and each handshake. */
const TIMEOUT = 10_000;
const PINGS = 5;
/** Requests for the handshake of a probe: any process may answer, and one knows it. */
const ATTEMPTS = 5;
/** Seconds that the last message of a silent socket may be late. */
const SILENCE_MARGIN = 10;
const OVERLOADED = 4005;

type Place = Pick<Location, 'protocol' | 'host'>;
type SocketPart = Pick<Facts, 'socket' | 'is_welcome' | 'round_trips_ms'>;

/** Measure the way from this browser to the server of the page. It never rejects. */
export async function measureWay(place: Place, isSignedIn: boolean): Promise<Facts> {
  const facts: Facts = {
    ...NO_FACTS,
    scheme: place.protocol.slice(0, -1),
    host: place.host,
    has_credential: isSignedIn,
  };
  // So that there is a cookie to look for, also before a user has signed in.
  document.cookie = 'trolley_doctor=1; path=/; max-age=60; SameSite=Lax';
  const asked = Date.now();
  const { response, error } = await request(CONNECTION_URL);
  if (response === null) return { ...facts, page_error: error };
  const middle = (asked + Date.now()) / 2;
  const answer = await answerOf(response);
  facts.page_status = response.status;
  facts.proxy = response.headers.get('Server');
  if (answer === null) return facts;
  const probe = uuid();
  const [opened, piece_times_ms] = await Promise.all([
    measureSocket(place, probe, isSignedIn),
    measurePieces(),
  ]);
  return {
    ...facts,
    ...opened,
    answer,
    piece_times_ms,
    handshake: await handshakeOf(probe),
    clock_offset: (middle - Date.parse(answer.time)) / 1000,
  };
}

async function request(
  url: string,
): Promise<{ response: Response; error: null } | { response: null; error: string }> {
  try {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    return { response, error: null };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { response: null, error: isLate ? 'no answer in time' : 'the request failed' };
  }
}

async function answerOf(response: Response): Promise<ConnectionAnswer | null> {
  try {
    const answer = (await response.json()) as Partial<ConnectionAnswer> | null;
    return response.ok && answer?.service === 'trolley' ? (answer as ConnectionAnswer) : null;
  } catch {
    return null;
  }
}

async function handshakeOf(probe: string): Promise<ConnectionAnswer['handshake']> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { response } = await request(`${CONNECTION_URL}?probe=${probe}`);
    const handshake = response === null ? null : ((await answerOf(response))?.handshake ?? null);
    if (handshake !== null) return handshake;
  }
  return null;
}

/** When each piece of the response in pieces arrived, in ms after the first one. */
async function measurePieces(): Promise<number[]> {
  const { response } = await request(PIECES_URL);
  if (!response?.ok || response.body === null) return [];
  const times: number[] = [];
  const reader = response.body.getReader();
  try {
    while (!(await reader.read()).done) times.push(performance.now());
  } catch {
    return [];
  }
  return times.map((at) => at - (times[0] ?? at));
}

function openSocket({ protocol, host }: Place, path: string): WebSocket {
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${host}${path}`, SUBPROTOCOL);
}

/** Open a socket, and measure its round trips. */
async function measureSocket(
  place: Place,
  probe: string,
  isSignedIn: boolean,
): Promise<SocketPart> {
  const socket = openSocket(place, `/ws/?probe=${probe}`);
  const frames = new FrameReader(socket);
  const round_trips_ms: number[] = [];
  let is_welcome = false;
  try {
    await opening(socket);
  } catch (error) {
    socket.close();
    const reason = error instanceof Error ? error.message : String(error);
    return {
      socket: { is_open: false, status: null, error: reason },
      is_welcome,
      round_trips_ms,
    };
  }
  try {
    // A socket without a user gets no welcome, and an error for each ping.
    if (isSignedIn) is_welcome = (await frames.next(() => true)).type === 'welcome';
    for (let id = 0; id < PINGS; id += 1) {
      const sentAt = performance.now();
      socket.send(JSON.stringify({ type: 'ping', id }));
      await frames.next((frame) => frame.id === id);
      round_trips_ms.push(performance.now() - sentAt);
    }
  } catch {
    round_trips_ms.length = 0;
  }
  socket.close();
  return { socket: { is_open: true, status: null, error: null }, is_welcome, round_trips_ms };
}

function opening(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => {
      resolve();
    };
    socket.onclose = () => {
      reject(new Error('the browser does not say why'));
    };
    setTimeout(() => {
      reject(new Error('no answer in time'));
    }, TIMEOUT);
  });
}

interface AnyFrame {
  type: string;
  id?: number | null;
}

/** Waits for frames of a socket. Those that nobody waited for are kept. */
class FrameReader {
  #frames: AnyFrame[] = [];
  #onChange: (() => void) | null = null;

  constructor(private readonly socket: WebSocket) {
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      this.#frames.push(...decodeFrames(data));
      this.#onChange?.();
    };
  }

  /** The next frame that is wanted; rejects if the socket closes or none comes in time. */
  next(isWanted: (frame: AnyFrame) => boolean): Promise<AnyFrame> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(reject, TIMEOUT);
      this.socket.onclose = reject;
      this.#onChange = () => {
        const index = this.#frames.findIndex(isWanted);
        const frame = this.#frames[index];
        if (frame === undefined) return;
        this.#frames.splice(0, index + 1);
        clearTimeout(timer);
        resolve(frame);
      };
      this.#onChange();
    });
  }
}

/**
 * Keep a socket open on which nothing is sent. `onBegin` is called when the silence begins.
 * Resolves to null if the socket does not open, or the signal aborts.
 */
export function measureSilence(
  place: Place,
  asked: number,
  { signal, onBegin }: { signal: AbortSignal; onBegin: () => void },
): Promise<SilenceFacts | null> {
  const socket = openSocket(place, `/ws/silence/?seconds=${String(asked)}`);
  return new Promise((resolve) => {
    let beganAt: number | null = null;
    let isSilent = false;
    const end = (silence: SilenceFacts | null): void => {
      clearTimeout(timer);
      socket.onmessage = socket.onclose = null;
      socket.close();
      resolve(silence);
    };
    const closed = (isRefused: boolean): void => {
      const lasted = beganAt === null ? 0 : (performance.now() - beganAt) / 1000;
      end({
        asked,
        lasted: Math.min(lasted, asked),
        is_closed: true,
        is_silent: isSilent,
        is_refused: isRefused,
      });
    };
    const timer = setTimeout(
      () => {
        closed(false);
      },
      (asked + SILENCE_MARGIN) * 1000,
    );
    signal.addEventListener('abort', () => {
      end(null);
    });
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as { type: string; is_silent?: boolean };
      if (message.type === 'begin') {
        beganAt = performance.now();
        isSilent = message.is_silent === true;
        onBegin();
      } else {
        end({ asked, lasted: asked, is_closed: false, is_silent: isSilent, is_refused: false });
      }
    };
    socket.onclose = ({ code }) => {
      if (beganAt === null && code !== OVERLOADED) end(null);
      else closed(code === OVERLOADED);
    };
  });
}

/** What only this browser knows. */
export async function measureBrowser(): Promise<BrowserFacts> {
  let is_persisted: boolean | null = null;
  try {
    // There is no `storage` on plain http.
    const storage = navigator.storage as StorageManager | undefined;
    is_persisted = (await storage?.persisted()) ?? null;
  } catch {
    // Some browsers reject in private windows.
  }
  return {
    is_secure: isSecureContext,
    has_service_worker: 'serviceWorker' in navigator,
    is_persisted,
    notifications: 'Notification' in globalThis ? Notification.permission : null,
  };
}
