"""`/ws/silence/`: nothing is sent until its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from live.connections.silence import (
    MAX_SILENT_SOCKETS,
    MAX_SILENT_SOCKETS_PER_NETWORK,
    SilentSockets,
)
from tests.support.processes import ServerProcess, scaled


def test_sockets_of_a_network_and_of_a_process_are_limited() -> None:
    """DOC-6"""
    sockets = SilentSockets()
    contexts = [sockets.admit(f"net {n // 3}") for n in range(3 * MAX_SILENT_SOCKETS)]
    admitted = [context.__enter__() for context in contexts]
    assert admitted[:3] == [True] * MAX_SILENT_SOCKETS_PER_NETWORK + [False]
    assert sum(admitted) == MAX_SILENT_SOCKETS
    for context in contexts:
        context.__exit__(None, None, None)
    assert not sockets._count
    with sockets.admit("net 1") as is_admitted:
        assert is_admitted


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data: Path = tmp_path_factory.mktemp("silence") / "data"
    with ServerProcess(data, "--server", request.param, TROLLEY_TIME_SCALE="0.02") as running:
        yield running


class PingCounter:
    """Counts the pings of the server."""

    def __init__(self, opened: ClientConnection) -> None:
        self.pings = 0
        receive_data = opened.protocol.receive_data

        def count(data: bytes) -> None:
            self.pings += data[:1] == b"\x89"
            receive_data(data)

        opened.protocol.receive_data = count  # type: ignore[method-assign]


def open_socket(server: ServerProcess, seconds: float, origin: str = "") -> ClientConnection:
    url = f"{server.url.replace('http', 'ws')}/ws/silence/?seconds={seconds}"
    return connect(url, origin=origin or server.url, ping_interval=None)


@pytest.mark.system
def test_nothing_is_sent_until_the_end(server: ServerProcess) -> None:
    """DOC-6: not even the pings of the server, which would come every 0.4 s."""
    asked = 3 * scaled(20) / 10
    with open_socket(server, asked) as opened:
        begin = json.loads(opened.recv(10))
        counter = PingCounter(opened)
        since = time.monotonic()
        assert json.loads(opened.recv(10)) == {"type": "end"}
        assert time.monotonic() - since > asked - 0.1
        if begin["is_silent"]:
            assert counter.pings == 0
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    assert begin["is_silent"] == ("uvicorn" in server.command)


@pytest.mark.system
def test_third_socket_of_an_address_is_refused(server: ServerProcess) -> None:
    """DOC-6"""
    with open_socket(server, 60) as first, open_socket(server, 60) as second:
        first.recv(10), second.recv(10)
        with open_socket(server, 60) as third, pytest.raises(ConnectionClosed) as closed:
            third.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4005
    with open_socket(server, 0) as again:
        assert json.loads(again.recv(10))["type"] == "begin"


@pytest.mark.system
def test_server_that_stops_closes_it(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data") as server, open_socket(server, 60) as opened:
        opened.recv(10)
        assert server.stop() == 0
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


@pytest.mark.system
def test_foreign_origin_is_refused(server: ServerProcess) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(server, 1, origin="https://evil.example")
    assert refused.value.response.status_code == 403
