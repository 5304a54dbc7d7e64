"""A client that reads slowly, or not at all, affects no other client."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.support.installation import Installation
from tests.support.processes import resident_memory
from tests.support.websocket_client import WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

CHANGE_BYTES = 200_000
"""Approximate size of one change of every item."""


class LargeChangesInstallation(Installation):
    """An installation without rate limits: a change of many items counts as many writes."""

    def start_server(self, name: str, **options: str):
        """Start a server without rate limits."""
        return super().start_server(name, TROLLEY_WRITES_PER_SECOND="0", **options)


class UnscaledInstallation(LargeChangesInstallation):
    """One with the real waiting times, too: a slow reader may stall for 10 s."""

    def start_server(self, name: str, **options: str):
        """Start a server whose clock is not scaled."""
        return super().start_server(name, TROLLEY_TIME_SCALE="1", **options)


def add_long_items(installation: Installation) -> None:
    """Fill the list with long items, so that a change of all of them is large."""
    with installation.api() as api:
        items = [{"name": f"Item {number}", "note": "x" * 700} for number in range(200)]
        path = f"shopping-lists/{installation.list_id}/shopping-items/bulk/"
        assert api.post(path, json={"items": items}).status_code == 200


@pytest.fixture(scope="module")
def unscaled_installation(server, tmp_path_factory):
    """A list with long items on a server with the real waiting times."""
    data = tmp_path_factory.mktemp(f"{server}-unscaled") / "data"
    installation = UnscaledInstallation(data, server=server, layer="memory", redis=None)
    add_long_items(installation)
    yield installation
    installation.close()


@pytest.fixture
def scaled_installation(server, tmp_path):
    """A list with long items on a server with the scaled waiting times."""
    installation = LargeChangesInstallation(
        tmp_path / "data", server=server, layer="memory", redis=None
    )
    add_long_items(installation)
    yield installation
    installation.close()


def change_all_items(installation: Installation, times: int) -> None:
    """Make large changes, each one of every item."""
    with installation.api() as api:
        for number in range(times):
            verb = "untick" if number % 2 else "tick"
            path = f"shopping-lists/{installation.list_id}/shopping-items/{verb}/"
            response = api.post(path, json={"purchased": bool(number % 2)})
            assert response.status_code == 200, response.text


class NonReadingSocket:
    """A socket that does the handshake, subscribes, and then reads only in `read_until`."""

    def __init__(self, installation: Installation) -> None:
        parts = urlsplit(installation.first_server.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect((parts.hostname, parts.port))
        token = installation.fixtures["ana"]
        self.socket.sendall(
            f"GET /ws/lists/{installation.list_id}/ HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        assert b"101" in self.socket.recv(64)

    def __enter__(self) -> NonReadingSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def read_until(self, expected: bytes, seconds: float) -> None:
        """Read until these bytes have arrived."""
        received = b""
        deadline = time.monotonic() + seconds
        while expected not in received:
            assert time.monotonic() < deadline, f"{expected!r} did not arrive"
            chunk = self.socket.recv(1 << 16)
            assert chunk, "the server closed"
            received += chunk


def test_slow_reader_is_bounded_and_gets_the_newest_version(unscaled_installation):
    """LIV-9, SEC-15."""
    installation = unscaled_installation
    change_all_items(installation, 30)  # so that only the reader changes the memory
    with installation.subscribe() as healthy, NonReadingSocket(installation) as slow:
        before = resident_memory(installation.first_server.process)
        change_all_items(installation, 30)
        last = max(healthy.until("change")["version"] for _ in range(30))
        growth = resident_memory(installation.first_server.process) - before
        if installation.server == "uvicorn":
            # The buffers of the socket, the send queue and the server do not hold 30 changes.
            # Under daphne the size of the process itself varies by more than that.
            assert growth < 4_500_000 + 20 * CHANGE_BYTES
        # A snapshot or the changes up to the newest version are equally good.
        slow.read_until(f'"version":{last}'.encode(), 60)


def test_clients_that_never_read_are_disconnected(scaled_installation):
    """LIV-10, SEC-15."""
    installation = scaled_installation
    with (
        WebSocketClient(installation.first_server.url, installation.fixtures["bob"]) as observer,
        NonReadingSocket(installation),
        NonReadingSocket(installation),
        NonReadingSocket(installation),
    ):
        observer.send(type="subscribe", topic="requests")
        while observer.until("sample")["sockets"] < 4:
            pass
        began = time.monotonic()
        change_all_items(installation, 20)
        while observer.until("sample")["sockets"] > 1:
            assert time.monotonic() - began < 60


def test_stopping_server_does_not_wait_for_a_client_that_never_reads(scaled_installation):
    installation = scaled_installation
    with NonReadingSocket(installation), installation.subscribe() as healthy:
        change_all_items(installation, 4)
        installation.first_server.process.terminate()
        assert healthy.wait_closed() == 4000
        installation.first_server.process.wait(60)
