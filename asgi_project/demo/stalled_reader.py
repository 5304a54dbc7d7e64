"""A client that stops reading its socket, like a tablet at the edge of its network."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.client import connect

RECEIVE_BUFFER = 4096
"""Bytes that the kernel takes for the client. More is left to the server."""


class StalledReader:
    """Subscribes to a long list, so that there is much to send, and reads nothing of it."""

    def __init__(self, host: str, port: int, token: str, list_id: str) -> None:
        self._address = (host, port)
        self._token = token
        self._topic = f"list:{list_id}"

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Read nothing inside the block."""
        connection = socket.socket()
        # Before the connection exists: later the kernel does not make its window smaller.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.connect(self._address)
        host, port = self._address
        with connect(
            f"ws://{host}:{port}/ws/",
            sock=connection,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            max_queue=1,  # its thread reads nothing more as long as nobody takes a message
            close_timeout=1,
        ) as client:
            client.recv()
            client.send(json.dumps({"type": "subscribe", "topic": self._topic}))
            yield
