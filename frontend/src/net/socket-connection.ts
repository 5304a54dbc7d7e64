import type { ClientFrame, ServerFrame } from '../protocol/types';

/** One connection, from dialling to its close. It never comes back. */
export interface SocketConnection {
  send(frame: ClientFrame): void;
  close(): void;
}

export interface SocketConnectionEvents {
  onFrames(frames: ServerFrame[]): void;
  onClose(code: number): void;
}

export type OpenSocket = (events: SocketConnectionEvents) => SocketConnection;
