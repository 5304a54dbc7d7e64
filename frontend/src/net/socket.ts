import { SUBPROTOCOL } from '../protocol/close';
import { decode, encode } from '../protocol/framing';
import type { Dial } from './wire';

/** Dial the server with a WebSocket. Knows frames, not what they mean. */
export function socketDial(address: string): Dial {
  return ({ frames, closed }) => {
    const socket = new WebSocket(address, SUBPROTOCOL);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      frames(decode(data));
    };
    socket.onclose = ({ code }) => {
      closed(code);
    };
    return {
      send(frame) {
        if (socket.readyState === WebSocket.OPEN) socket.send(encode(frame));
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
export function socketAddress(page: { protocol: string; host: string }): string {
  return `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}/ws/`;
}
