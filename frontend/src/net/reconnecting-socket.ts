import { reconnectDecision, type ReconnectDecision } from '../protocol/close';
import type { ClientFrame, ServerFrame } from '../protocol/frames';
import { backoffDelay } from './backoff';
import type { Clock } from './clock';
import { RateLimiter } from './rate-limiter';
import { Watchdog } from './watchdog';
import type { OpenSocket, SocketConnection } from './socket-connection';

/** The time limit for a handshake, and for the response to a ping. */
export const HANDSHAKE_TIMEOUT = 10_000;
const DEFAULT_HEARTBEAT_INTERVAL = 20_000;

export interface ReconnectingSocketEvents {
  onFrames(frames: ServerFrame[]): void;
  /** The connection was lost. `decision` says whether the socket reconnects. */
  onDown(decision: ReconnectDecision): void;
}

/**
 * A socket that reconnects until it is stopped.
 *
 * It decides when to connect. Of the frames it reads only the heartbeat in `welcome`
 * and the delay in `bye`.
 */
export class ReconnectingSocket {
  #connection: SocketConnection | null = null;
  #rateLimiter: RateLimiter<ClientFrame> | null = null;
  #cancelRetry: (() => void) | null = null;
  #isRunning = false;
  #failureCount = 0;
  #retryDelay: number | null = null;
  #silenceTimeout = 2 * DEFAULT_HEARTBEAT_INTERVAL;
  readonly #watchdog: Watchdog;

  constructor(
    private readonly openSocket: OpenSocket,
    private readonly clock: Clock,
    private readonly events: ReconnectingSocketEvents,
  ) {
    this.#watchdog = new Watchdog(clock, () => {
      this.#onClose(1006);
    });
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#failureCount = 0;
    this.#connect();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#disconnect();
  }

  send(frame: ClientFrame): void {
    this.#rateLimiter?.push(frame);
  }

  /** The network or the page is back: connect now, or check that the connection still works. */
  resume(): void {
    if (!this.#isRunning) return;
    if (this.#cancelRetry) {
      this.#cancelRetry();
      this.#connect();
    } else if (this.#rateLimiter) {
      this.send({ type: 'ping' });
      this.#watchdog.restart(HANDSHAKE_TIMEOUT);
    }
  }

  #connect(): void {
    this.#cancelRetry = null;
    this.#retryDelay = null;
    this.#watchdog.restart(HANDSHAKE_TIMEOUT);
    // A replaced connection may still send events: only the current one counts.
    const connection: SocketConnection = this.openSocket({
      onFrames: (frames) => {
        if (connection === this.#connection) this.#onFrames(frames);
      },
      onClose: (code) => {
        if (connection === this.#connection) this.#onClose(code);
      },
    });
    this.#connection = connection;
  }

  #onFrames(frames: ServerFrame[]): void {
    this.#failureCount = 0;
    this.#rateLimiter ??= new RateLimiter(this.clock, (frame) => this.#connection?.send(frame));
    for (const frame of frames) this.#readControlFrame(frame);
    this.#watchdog.restart(this.#silenceTimeout);
    this.events.onFrames(frames);
  }

  #readControlFrame(frame: ServerFrame): void {
    if (frame.type === 'welcome') this.#silenceTimeout = 2000 * frame.heartbeat;
    if (frame.type === 'bye') this.#retryDelay = frame.retry_in ?? null;
  }

  #onClose(code: number): void {
    const decision = reconnectDecision(code);
    this.#disconnect();
    if (decision === 'reconnect') this.#scheduleRetry();
    else this.#isRunning = false;
    this.events.onDown(decision);
  }

  #scheduleRetry(): void {
    const delay =
      this.#retryDelay === null
        ? backoffDelay(this.#failureCount, () => this.clock.random())
        : this.#retryDelay * 1000;
    this.#failureCount += 1;
    this.#cancelRetry = this.clock.schedule(delay, () => {
      this.#connect();
    });
  }

  #disconnect(): void {
    this.#watchdog.stop();
    this.#rateLimiter?.stop();
    this.#rateLimiter = null;
    this.#connection?.close();
    this.#connection = null;
  }
}
