import { SUBPROTOCOL } from '../protocol/close';
import { decodeFrames, encodeFrame } from '../protocol/framing';
import type { OpenSocket } from './socket-connection';

/** Opens WebSockets. It encodes and decodes frames, and does not know their meaning. */
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
        // On a dead network the close event can take a minute: do not wait for it.
        socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}

/** The URL of the socket, derived from the URL of the page. */
export function socketUrl(page: { protocol: string; host: string }): string {
  return `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}/ws/`;
}
