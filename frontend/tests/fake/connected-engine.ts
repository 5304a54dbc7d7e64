import { vi } from 'vitest';
import type { ServerFrame } from '../../src/protocol/frames';
import { Engine } from '../../src/sync/engine';
import { ManualClock } from './clock';
import { paintAtOnce } from './paint';

/** An engine without a server: a test receives frames for it, and sees what it sends. */
export class ConnectedEngine {
  readonly send = vi.fn();
  readonly clock = new ManualClock();
  readonly engine = new Engine(
    (events) => {
      this.receive = (...frames) => {
        events.onFrames(frames);
      };
      this.close = (code) => {
        events.onClose(code);
      };
      return { send: this.send, close: vi.fn() };
    },
    () => new Promise(() => undefined),
    this.clock,
    paintAtOnce,
  );

  /** Receive frames. The engine must have been started. */
  receive: (...frames: ServerFrame[]) => void = () => undefined;

  /** Close the socket with a code, as the server does. */
  close: (code: number) => void = () => undefined;
}
