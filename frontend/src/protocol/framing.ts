import type { ClientFrame, ServerFrame } from './frames';

/** One message carries one or more frames, separated by a newline. */
export function decodeFrames(message: string): ServerFrame[] {
  return message.split('\n').map((line) => JSON.parse(line) as ServerFrame);
}

export function encodeFrame(frame: ClientFrame): string {
  return JSON.stringify(frame);
}
