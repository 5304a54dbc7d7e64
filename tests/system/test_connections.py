"""Connections and signals of real servers: what the kernel and the event loop add."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from select import select

import pytest

from asgi_project.serving.connection_table import RESERVED_DESCRIPTORS
from tests.support.installation import Installation
from tests.support.processes import TIMEOUT, ServerProcess

pytestmark = pytest.mark.system
DESCRIPTORS = 140
LOWER_LIMIT = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS - 20}, {DESCRIPTORS}))
"""
MAX_CLIENT_DESCRIPTOR = DESCRIPTORS - RESERVED_DESCRIPTORS


class SmallInstallation(Installation):
    """An installation with few descriptors, whose deadlines are ten times as short."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        options |= {"TROLLEY_TIME_SCALE": "0.1", "TROLLEY_CONNECTIONS_PER_ADDRESS": "3"}
        return super().start_server(name, before=LOWER_LIMIT, **options)


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def installation(request, tmp_path_factory):
    """One installation for each server."""
    data = tmp_path_factory.mktemp(f"{request.param}-connections") / "data"
    installation = SmallInstallation(data, server=request.param, layer="memory", redis=None)
    yield installation
    installation.close()


def connect(installation, source="127.0.0.1"):
    host, port = installation.first_server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), TIMEOUT, (source, 0))


def status_of(client):
    """Return the status of the response that ends this connection.

    If more data arrives after a 503, the kernel resets the connection, and may lose it.
    """
    received = b""
    try:
        while data := client.recv(65_536):
            received += data
    except ConnectionResetError:
        return 503
    return int(received.split(b" ", 2)[1])


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def descriptor_count(process):
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def test_unfinished_heads_leave_descriptors_free(installation):
    """SEC-31, SEC-32"""
    server = installation.first_server
    with ExitStack() as stack:
        sources = [f"127.0.1.{number}" for number in range(1, 101)]
        clients = [stack.enter_context(connect(installation, source)) for source in sources]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\n")
        # Those that are refused are answered at once, the others after the deadline of a head.
        wait_until(lambda: select(clients, [], [], 0)[0])
        # Twisted closes a connection a moment after it refused it.
        most = MAX_CLIENT_DESCRIPTOR + RESERVED_DESCRIPTORS / 2
        wait_until(lambda: descriptor_count(server.process) <= most)
        assert {status_of(client) for client in clients} == {408, 503}
    # The server closes its ends when it comes to them.
    wait_until(lambda: server.get("/healthz").status_code == 200)
    assert "connections refused" in server.output()
    assert "Traceback" not in server.output()


def test_open_sockets_are_no_connections_of_their_address(installation):
    """SEC-31"""
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(installation.subscribe())
        assert installation.first_server.get("/healthz").status_code == 200
        clients = [stack.enter_context(connect(installation)) for _ in range(4)]
        assert status_of(clients[3]) == 503


def test_hangup_stops_the_server_like_sigterm(installation):
    """LIV-17, case AF1: what rotates logs is ignored, and sockets are told to reconnect."""
    server = installation.first_server
    with installation.subscribe() as client:
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
            server.process.send_signal(number)
        assert server.get("/healthz").status_code == 200
        server.process.send_signal(signal.SIGHUP)
        assert client.until("bye")["code"] == 4000
    assert server.process.wait(TIMEOUT) == 0
