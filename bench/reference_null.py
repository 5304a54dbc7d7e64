"""The minimal server: one `send` system call for each socket and event, nothing else.

`python -m bench.reference_null PORT`. It shows that the generator is fast enough, and
it is the lower limit for every server that does not join frames. It knows just enough
of RFC 6455 to accept sockets.
"""

import base64
import hashlib
import selectors
import socket
import struct
import sys
from contextlib import suppress

from bench.event import CONTROL_PATH, frame

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def message(payload: bytes) -> bytes:
    """Return a text message in the frame of a server."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def unmasked(data: bytes) -> bytes:
    """Return the payload of one short masked client frame."""
    key, size = data[2:6], data[1] & 127
    return bytes(byte ^ key[n % 4] for n, byte in enumerate(data[6 : 6 + size]))


class NullServer:
    """One thread, one selector. Its sockets are blocking, so no message is dropped."""

    def __init__(self, port: int):
        self.selector = selectors.DefaultSelector()
        self.readers: set[socket.socket] = set()
        self.server = socket.create_server(("127.0.0.1", port), backlog=2048)
        self.selector.register(self.server, selectors.EVENT_READ, self.accept)

    def run(self) -> None:
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)

    def accept(self, server: socket.socket) -> None:
        client, _ = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(client, selectors.EVENT_READ, self.upgrade)

    def upgrade(self, client: socket.socket) -> None:
        request = client.recv(65_536)
        if not request:
            self.disconnect(client)
            return
        lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n")[1:] if b": " in line)
        key = next(value for name, value in lines.items() if name.lower() == b"sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key.strip() + GUID).digest())
        client.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        is_control = request.split(b" ", 2)[1] == CONTROL_PATH.encode()
        self.selector.modify(client, selectors.EVENT_READ, self.emit if is_control else self.ignore)
        if not is_control:
            self.readers.add(client)

    def emit(self, client: socket.socket) -> None:
        data = client.recv(65_536)
        if not data:
            self.disconnect(client)
            return
        index, first, count = map(int, unmasked(data).split())
        for version in range(first, first + count):
            event = message(frame(index, version))
            for reader in self.readers:
                with suppress(OSError):
                    reader.sendall(event)

    def ignore(self, client: socket.socket) -> None:
        with suppress(OSError):
            if client.recv(65_536):
                return
        self.disconnect(client)

    def disconnect(self, client: socket.socket) -> None:
        self.readers.discard(client)
        self.selector.unregister(client)
        client.close()


if __name__ == "__main__":
    NullServer(int(sys.argv[1])).run()
