"""How a socket ends where the server below the application decides: there is no `bye`."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.installation import Place, World

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
PATIENCE = 30.0
HASTE = """
from asgi_project import servers
servers.PING_EVERY, servers.PING_TIMEOUT = 1, 4
"""
LISTEN = """
import sys
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
url, token = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
with connect(url, additional_headers=headers, compression=None, proxy=None) as one:
    one.recv()
    print("open", flush=True)
    try:
        while True:
            one.recv()
    except ConnectionClosed as over:
        print(over.rcvd.code if over.rcvd else 1006, flush=True)
"""


class Hasty(World):
    """An installation whose server gives up peers after seconds."""

    def serve(self, name: str, **given: str) -> Place:
        return super().serve(name, before=HASTE, **given)


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def world(request, tmp_path_factory):
    """One installation for each server."""
    data = tmp_path_factory.mktemp(f"{request.param}-hasty") / "data"
    made = Hasty(data, server=request.param, layer="memory", redis=None)
    yield made
    made.close()


def address(world):
    return world.first.url.replace("http", "ws", 1) + "/ws/"


def counted(watching, sockets):
    """Wait until so many sockets are counted."""
    deadline = time.monotonic() + PATIENCE
    while (sample := watching.until("sample"))["sockets"] != sockets:
        assert time.monotonic() < deadline, sample


def test_a_peer_that_is_there_no_more_is_let_go(world):
    """LIV-30, SEC-14. It is stopped: its kernel takes everything, and nobody answers."""
    command = [sys.executable, "-c", LISTEN, address(world), world.made["bob"]]
    with (
        world.watch() as watching,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as peer,
    ):
        try:
            assert peer.stdout.readline() == "open\n"
            watching.send(type="subscribe", topic="requests")
            counted(watching, 2)
            peer.send_signal(signal.SIGSTOP)
            counted(watching, 1)
            peer.send_signal(signal.SIGCONT)
            heard = {"uvicorn": "1011\n", "daphne": "1006\n"}
            assert peer.stdout.readline() == heard[world.server]
        finally:
            peer.kill()


@pytest.mark.parametrize(
    ("said", "code"), [(b"\xff\xfe", 1007), (b"x" * 65_537, 1009)], ids=["no text", "too long"]
)
def test_a_message_that_is_none_ends_the_socket_and_is_not_logged(world, said, code):
    """LIV-30, SEC-13, SEC-18."""
    with connect(address(world), compression=None, proxy=None) as stranger:
        stranger.send(said, text=True)
        with pytest.raises(ConnectionClosed) as over:
            stranger.recv(PATIENCE)
        assert over.value.rcvd.code == code
    with world.watch() as watching:
        assert watching.rest() == []
    log = world.first.said()
    assert "Traceback" not in log
    assert "UTF-8" not in log
