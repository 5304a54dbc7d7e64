import { verdict, type Verdict } from '../protocol/close';
import type { ClientFrame, ServerFrame } from '../protocol/types';
import { backoff } from './backoff';
import type { Clock } from './clock';
import { Pacer } from './pacer';
import { Watchdog } from './watchdog';
import type { Dial, Wire } from './wire';

/** A handshake, or an answer to a probe, may take this long. */
export const PATIENCE = 10_000;
const HEARTBEAT = 20_000;

export interface LineEvents {
  frames(frames: ServerFrame[]): void;
  /** The wire broke and will come back, or will not. */
  down(verdict: Verdict): void;
}

/**
 * One line to the server that is dialled again for ever.
 *
 * Decides when to dial; does not know what the frames say, except `welcome`
 * (heartbeat) and `retry_in`.
 */
export class Line {
  #wire: Wire | null = null;
  #pacer: Pacer<ClientFrame> | null = null;
  #cancelRetry: (() => void) | null = null;
  #running = false;
  #failures = 0;
  #retryIn: number | null = null;
  #patience = 2 * HEARTBEAT;
  readonly #watchdog: Watchdog;

  constructor(
    private readonly dial: Dial,
    private readonly clock: Clock,
    private readonly events: LineEvents,
  ) {
    this.#watchdog = new Watchdog(clock, () => {
      this.#lost(1006);
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#hangUp();
  }

  send(frame: ClientFrame): void {
    this.#pacer?.push(frame);
  }

  /** The network or the page came back: dial at once, or ask whether the wire still lives. */
  wake(): void {
    if (!this.#running) return;
    if (this.#cancelRetry) {
      this.#cancelRetry();
      this.#connect();
    } else if (this.#pacer) {
      this.send({ type: 'ping' });
      this.#watchdog.expectWithin(PATIENCE);
    }
  }

  #connect(): void {
    this.#cancelRetry = null;
    this.#retryIn = null;
    this.#watchdog.expectWithin(PATIENCE);
    // A wire that was replaced may still speak: listen to the current one only.
    const wire: Wire = this.dial({
      frames: (frames) => {
        if (wire === this.#wire) this.#heard(frames);
      },
      closed: (code) => {
        if (wire === this.#wire) this.#lost(code);
      },
    });
    this.#wire = wire;
  }

  #heard(frames: ServerFrame[]): void {
    this.#failures = 0;
    this.#pacer ??= new Pacer(this.clock, (frame) => this.#wire?.send(frame));
    for (const frame of frames) this.#learn(frame);
    this.#watchdog.expectWithin(this.#patience);
    this.events.frames(frames);
  }

  #learn(frame: ServerFrame): void {
    if (frame.type === 'welcome') this.#patience = 2000 * frame.heartbeat;
    if (frame.type === 'bye') this.#retryIn = frame.retry_in ?? null;
  }

  #lost(code: number): void {
    const what = verdict(code);
    this.#hangUp();
    if (what === 'come back') this.#retryLater();
    else this.#running = false;
    this.events.down(what);
  }

  #retryLater(): void {
    const wait =
      this.#retryIn === null
        ? backoff(this.#failures, () => this.clock.random())
        : this.#retryIn * 1000;
    this.#failures += 1;
    this.#cancelRetry = this.clock.after(wait, () => {
      this.#connect();
    });
  }

  #hangUp(): void {
    this.#watchdog.stop();
    this.#pacer?.stop();
    this.#pacer = null;
    this.#wire?.close();
    this.#wire = null;
  }
}
