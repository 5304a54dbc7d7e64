"""A network that loses a response: the request arrives, and the response does not."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

ANY_REQUEST = "[A-Z]+ "


class LossyProxy:
    """A proxy that drops the first response to each kind of request, and forwards all others."""

    def __init__(self, url: str, *kinds: str) -> None:
        """A kind is a pattern of the begin of a request, such as "PUT /api/"."""
        parts = urlsplit(url)
        self.server = (parts.hostname, parts.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lost_responses: list[bytes] = []
        self._kinds, self._lock = list(kinds or (ANY_REQUEST,)), Lock()

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Closing alone would leave the other thread in `accept`.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    @property
    def lost_response(self) -> bytes:
        """The first response that was lost."""
        return self.lost_responses[0]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        requests: list[bytes] = []
        # Either side may cut its connection.
        with client, socket.create_connection(self.server) as server, suppress(OSError):
            Thread(target=_copy, args=(client, server, requests), daemon=True).start()
            while response := server.recv(65536):
                if self._is_lost(requests):
                    self.lost_responses.append(response)
                    break
                client.sendall(response)
            # Closing alone would wait for `recv` in the other thread.
            client.shutdown(socket.SHUT_RDWR)

    def _is_lost(self, requests: list[bytes]) -> bool:
        """Tell whether the response to the newest request gets lost, once for each kind."""
        with self._lock:
            for kind in self._kinds:
                if requests and re.match(kind.encode(), requests[-1]):
                    self._kinds.remove(kind)
                    return True
        return False


def _copy(source: socket.socket, sink: socket.socket, requests: list[bytes]) -> None:
    try:
        while data := source.recv(65536):
            if re.match(ANY_REQUEST.encode(), data):
                requests.append(data)
            sink.sendall(data)
    except OSError:
        return
