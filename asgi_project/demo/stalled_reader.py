"""A client that stops reading its socket, like a tablet at the edge of its network."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

RECEIVE_BUFFER = 4096
"""Bytes that the kernel takes for the client. More is left to the server."""
HANDSHAKE_TIMEOUT = 10.0


class StalledReader:
    """Subscribes to a long list, so that there is much to send, and reads nothing of it."""

    def __init__(self, host: str, port: int, token: str, list_id: str) -> None:
        self._address = (host, port)
        self._token = token
        self._topic = f"list:{list_id}"

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Read nothing inside the block.

        The clients of `websockets` have a thread that reads, so only its protocol is used.
        """
        with closing(socket.socket()) as connection:
            # Before the connection exists: later the kernel does not make its window smaller.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            connection.settimeout(HANDSHAKE_TIMEOUT)
            connection.connect(self._address)
            protocol = self._open(connection)
            subscribe = json.dumps({"type": "subscribe", "topic": self._topic})
            protocol.send_text(subscribe.encode())
            connection.sendall(b"".join(protocol.data_to_send()))
            yield

    def _open(self, connection: socket.socket) -> ClientProtocol:
        host, port = self._address
        protocol = ClientProtocol(parse_uri(f"ws://{host}:{port}/ws/"))
        request = protocol.connect()
        request.headers["Authorization"] = f"Bearer {self._token}"
        protocol.send_request(request)
        connection.sendall(b"".join(protocol.data_to_send()))
        while protocol.state is State.CONNECTING:
            data = connection.recv(1024)
            if not data:
                raise ConnectionError("the server closed the socket before its handshake")
            protocol.receive_data(data)
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
        return protocol
