import { SUBPROTOCOL } from '../protocol/close';
import { decodeFrames, encodeFrame } from '../protocol/framing';
import type { OpenSocket } from './socket-connection';

/** Dial the server with a WebSocket. Knows frames, not what they mean. */
export function createSocketOpener(url: string): OpenSocket {
  return ({ onFrames, onClose }) => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      onFrames(decodeFrames(data));
    };
    socket.onclose = ({ code }) => {
      onClose(code);
    };
    return {
      send(frame) {
        if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(frame));
      },
      close() {
        // A dead network can hold the close event back for a minute: do not wait for it.
        socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}

/** The address of the one socket, from the page's own. */
export function socketUrl(page: { protocol: string; host: string }): string {
  return `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}/ws/`;
}
