import type { ClientFrame, ServerFrame } from '../protocol/types';

/** One connection, from dialling to its close. It never comes back. */
export interface Wire {
  send(frame: ClientFrame): void;
  close(): void;
}

export interface WireEvents {
  frames(frames: ServerFrame[]): void;
  closed(code: number): void;
}

export type Dial = (events: WireEvents) => Wire;
