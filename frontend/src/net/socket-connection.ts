import type { ClientFrame, ServerFrame } from '../protocol/frames';

/** One connection, from its start to its close. It does not reconnect. */
export interface SocketConnection {
  send(frame: ClientFrame): void;
  close(): void;
}

export interface SocketConnectionEvents {
  onFrames(frames: ServerFrame[]): void;
  onClose(code: number): void;
}

export type OpenSocket = (events: SocketConnectionEvents) => SocketConnection;
