"""Close codes that the server below the application chooses: there is no `bye` frame."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.installation import Installation
from tests.support.processes import ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
TIMEOUT = 30.0
LISTENER = """
import sys
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
url, token = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
with connect(url, additional_headers=headers, compression=None, proxy=None) as socket:
    socket.recv()
    print("open", flush=True)
    try:
        while True:
            socket.recv()
    except ConnectionClosed as closed:
        print(closed.rcvd.code if closed.rcvd else 1006, flush=True)
"""


class ShortPingServer(Installation):
    """An installation whose server pings every 2 s and waits 2 s for the answer."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        return super().start_server(name, TROLLEY_TIME_SCALE="0.1", **options)


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def installation(request, tmp_path_factory):
    """One installation for each server."""
    data = tmp_path_factory.mktemp(f"{request.param}-short-pings") / "data"
    installation = ShortPingServer(data, server=request.param, layer="memory", redis=None)
    yield installation
    installation.close()


def socket_url(installation):
    return installation.first_server.url.replace("http", "ws", 1) + "/ws/"


def wait_for_sockets(observer, sockets):
    """Wait until this number of sockets is counted."""
    deadline = time.monotonic() + TIMEOUT
    while (sample := observer.until("sample"))["sockets"] != sockets:
        assert time.monotonic() < deadline, sample


def test_unresponsive_peer_is_disconnected(installation):
    """LIV-30, SEC-14. The peer is stopped: its kernel accepts everything, but nobody answers."""
    arguments = [socket_url(installation), installation.fixtures["bob"]]
    command = [sys.executable, "-c", LISTENER, *arguments]
    with (
        installation.subscribe() as observer,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as peer,
    ):
        try:
            assert peer.stdout.readline() == "open\n"
            observer.send(type="subscribe", topic="requests")
            wait_for_sockets(observer, 2)
            peer.send_signal(signal.SIGSTOP)
            wait_for_sockets(observer, 1)
            peer.send_signal(signal.SIGCONT)
            codes = {"uvicorn": "1011\n", "daphne": "1006\n"}
            assert peer.stdout.readline() == codes[installation.server]
        finally:
            peer.kill()


@pytest.mark.parametrize(
    ("message", "code"), [(b"\xff\xfe", 1007), (b"x" * 65_537, 1009)], ids=["not UTF-8", "too long"]
)
def test_invalid_message_closes_the_socket_and_is_not_logged(installation, message, code):
    """LIV-30, SEC-13, SEC-18."""
    with connect(socket_url(installation), compression=None, proxy=None) as anonymous:
        anonymous.send(message, text=True)
        with pytest.raises(ConnectionClosed) as closed:
            anonymous.recv(TIMEOUT)
        assert closed.value.rcvd.code == code
    with installation.subscribe() as observer:
        assert observer.drain() == []
    log = installation.first_server.output()
    assert "Traceback" not in log
    assert "UTF-8" not in log
