import { SUBPROTOCOL } from '../protocol/close';
import { decodeFrames, encodeFrame } from '../protocol/framing';
import type { ClientFrame } from '../protocol/frames';
import type { OpenSocket } from './socket-connection';

/** How often the server is asked whether it is there, in milliseconds. */
export const PING_INTERVAL = 5_000;

/**
 * Opens WebSockets that a token authenticates. The token is in the first frame, never in a URL.
 *
 * `auth=frame` tells the server to ignore the cookie, which a browser sends always: it may be
 * that of another user. A ping every 5 seconds keeps it known how old the shown state may be.
 */
export function createTokenSocketOpener(
  url: string,
  token: string,
  createSocket: (url: string) => WebSocket = (address) => new WebSocket(address, SUBPROTOCOL),
): OpenSocket {
  return ({ onFrames, onClose }) => {
    const socket = createSocket(`${url}?auth=frame`);
    const send = (frame: ClientFrame): void => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(frame));
    };
    const timer = setInterval(() => {
      send({ type: 'ping' });
    }, PING_INTERVAL);
    socket.onopen = () => {
      send({ type: 'auth', token });
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      onFrames(decodeFrames(data));
    };
    socket.onclose = ({ code }) => {
      clearInterval(timer);
      onClose(code);
    };
    return {
      send,
      close() {
        // On a dead network the close event can take a minute: do not wait for it.
        clearInterval(timer);
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}
