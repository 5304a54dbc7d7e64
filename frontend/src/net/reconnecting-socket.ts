import { reconnectDecision, type ReconnectDecision } from '../protocol/close';
import type { ClientFrame, ServerFrame } from '../protocol/frames';
import { backoffDelay, MAX_DELAY } from './backoff';
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
  onDown(decision: ReconnectDecision, code: number): void;
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
  /** The earliest time of the next try, as the server asked for it. */
  #notBefore = 0;
  #nextTryAt: number | null = null;
  #lastAnswerAt: number | null = null;
  #silenceTimeout = 2 * DEFAULT_HEARTBEAT_INTERVAL;
  readonly #watchdog: Watchdog;

  constructor(
    private readonly openSocket: OpenSocket,
    private readonly clock: Clock,
    private readonly events: ReconnectingSocketEvents,
    /** The ceiling of the delay before the next try, in milliseconds. */
    private readonly maxDelay: () => number = () => MAX_DELAY,
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
    this.#cancelRetry = this.#nextTryAt = null;
    this.#disconnect();
  }

  /** When it connects again, in Unix milliseconds, null if it is not waiting. */
  get nextTryAt(): number | null {
    return this.#nextTryAt;
  }

  /** When the server sent a frame for the last time, in Unix milliseconds. */
  get lastAnswerAt(): number | null {
    return this.#lastAnswerAt;
  }

  send(frame: ClientFrame): void {
    this.#rateLimiter?.push(frame);
  }

  /**
   * The network or the page is back: connect now, or check that the connection still works.
   *
   * The server may have asked for a delay. Then connect after it.
   */
  resume(): void {
    if (!this.#isRunning) return;
    if (this.#cancelRetry) {
      this.#cancelRetry();
      if (this.clock.now() < this.#notBefore)
        this.#connectAfter(this.#notBefore - this.clock.now());
      else this.#connect();
    } else if (this.#rateLimiter) {
      this.send({ type: 'ping' });
      this.#watchdog.restart(HANDSHAKE_TIMEOUT);
    }
  }

  #connect(): void {
    this.#cancelRetry = this.#nextTryAt = null;
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
    this.#lastAnswerAt = this.clock.now();
    this.#rateLimiter ??= new RateLimiter(this.clock, (frame) => this.#connection?.send(frame));
    for (const frame of frames) this.#readControlFrame(frame);
    this.#watchdog.restart(this.#silenceTimeout);
    this.events.onFrames(frames);
  }

  #readControlFrame(frame: ServerFrame): void {
    if (frame.type === 'welcome') this.#silenceTimeout = 2000 * frame.heartbeat;
    if (frame.type === 'bye' && frame.retry_in !== undefined && frame.retry_in !== null)
      this.#notBefore = this.clock.now() + 1000 * frame.retry_in;
  }

  #onClose(code: number): void {
    const decision = reconnectDecision(code);
    this.#disconnect();
    if (decision === 'reconnect') this.#scheduleRetry();
    else this.#isRunning = false;
    this.events.onDown(decision, code);
  }

  #scheduleRetry(): void {
    const asked = this.#notBefore - this.clock.now();
    this.#connectAfter(
      asked > 0
        ? asked
        : backoffDelay(this.#failureCount, () => this.clock.random(), this.maxDelay()),
    );
    this.#failureCount += 1;
  }

  #connectAfter(delay: number): void {
    this.#nextTryAt = this.clock.now() + delay;
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
