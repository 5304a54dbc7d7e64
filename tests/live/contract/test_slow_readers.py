"""A peer that reads slowly, or not at all, hurts only itself."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.support.installation import Watcher, World, resident

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

BYTES = 200_000
"""About what one change of every item is."""


@pytest.fixture(scope="module")
def busy(server, tmp_path_factory):
    """An installation whose list has long items, so that each change is big."""
    data = tmp_path_factory.mktemp(f"{server}-busy") / "data"
    world = World(data, server=server, layer="memory", redis=None)
    with world.api() as api:
        items = [{"name": f"Item {number}", "note": "x" * 700} for number in range(200)]
        path = f"shopping-lists/{world.list}/shopping-items/bulk/"
        assert api.post(path, json={"items": items}).status_code == 200
    yield world
    world.close()


def change_everything(world: World, times: int) -> None:
    """Make big changes, each of every item."""
    with world.api() as api:
        for number in range(times):
            verb = "untick" if number % 2 else "tick"
            path = f"shopping-lists/{world.list}/shopping-items/{verb}/"
            answer = api.post(path, json={"purchased": bool(number % 2)})
            assert answer.status_code == 200, answer.text


class Deaf:
    """A socket that shakes hands, follows the list, and then reads only when told to."""

    def __init__(self, world: World) -> None:
        parts = urlsplit(world.first.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect((parts.hostname, parts.port))
        token = world.made["ana"]
        self.socket.sendall(
            f"GET /ws/lists/{world.list}/ HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        assert b"101" in self.socket.recv(64)

    def __enter__(self) -> Deaf:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def read_on(self, wanted: bytes, seconds: float) -> bytes:
        """Read until this was seen."""
        seen = b""
        deadline = time.monotonic() + seconds
        while wanted not in seen:
            assert time.monotonic() < deadline, f"{wanted!r} did not come"
            chunk = self.socket.recv(1 << 16)
            assert chunk, "the server closed"
            seen += chunk
        return seen


def test_a_slow_reader_is_bounded_and_gets_everything(busy):
    """LIV-9, SEC-15."""
    change_everything(busy, 30)  # so that only the reader makes the difference
    with busy.watch() as healthy, Deaf(busy) as deaf:
        before = resident(busy.first.process)
        change_everything(busy, 30)
        last = max(healthy.until("change")["version"] for _ in range(30))
        grown = resident(busy.first.process) - before
        if busy.server == "uvicorn":
            # What lies in the socket, in its mailbox and in the server: not 30 changes.
            # Under daphne the process's own size varies by more than that.
            assert grown < 4_500_000 + 20 * BYTES
        # One state is as good as thirty: a snapshot, or the changes, to the newest version.
        deaf.read_on(f'"version":{last}'.encode(), 60)


def test_a_peer_that_never_reads_is_soon_gone(busy):
    """LIV-10, SEC-15."""
    with Watcher(busy.first.url, busy.made["bob"]) as watching, Deaf(busy), Deaf(busy), Deaf(busy):
        watching.send(type="subscribe", topic="requests")
        while watching.until("sample")["sockets"] < 4:
            pass
        began = time.monotonic()
        change_everything(busy, 20)
        while watching.until("sample")["sockets"] > 1:
            assert time.monotonic() - began < 60


def test_a_stopping_server_does_not_wait_for_a_peer_that_never_reads(server, tmp_path):
    world = World(tmp_path / "data", server=server, layer="memory", redis=None)
    try:
        with world.api() as api:
            items = [{"name": f"Item {number}", "note": "x" * 700} for number in range(200)]
            path = f"shopping-lists/{world.list}/shopping-items/bulk/"
            assert api.post(path, json={"items": items}).status_code == 200
        with Deaf(world), world.watch() as healthy:
            change_everything(world, 4)
            world.first.process.terminate()
            assert healthy.closed() == 4000
            world.first.process.wait(60)
    finally:
        world.close()
