"""The example that subscribes to a list keeps the rules for clients of docs/protocol.md.

A scripted server sends the frames that a real server sends rarely.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.docs.api_examples import example
from tests.support.docs.example_process import ExampleProcess
from tests.support.docs.scripted_server import (
    ScriptedServer,
    change,
    send_frames,
    snapshot,
    welcome,
)

pytestmark = pytest.mark.system
StartExample = Callable[[ScriptedServer], ExampleProcess]


@pytest.fixture
def start_example(tmp_path: Path) -> StartExample:
    """Start the example against a server."""

    def start(server: ScriptedServer) -> ExampleProcess:
        setup = example(0, "python").with_values(TROLLEY=server.url)
        return ExampleProcess("python", f"{setup}\n{example(9, 'python').code}", tmp_path)

    return start


def test_client_requests_missing_changes_and_drops_known_changes(
    start_example: StartExample,
) -> None:
    """API-23"""
    requests: list[Any] = []

    def serve(socket: Any) -> None:
        send_frames(socket, welcome(), snapshot(5, part=1, parts=2), snapshot(5, part=2, parts=2))
        send_frames(socket, change(5), change(6), change(6), change(9, epoch="two"), change(8))
        requests.append(json.loads(socket.recv()))
        send_frames(socket, change(7), change(8), snapshot(3, epoch="two"), change(4, epoch="two"))
        send_frames(socket, {"type": "ended", "reason": "deleted"})

    with ScriptedServer(serve) as server, start_example(server) as running:
        lines = [running.until(bool).split()[:2] for _ in range(7)]
        assert running.wait() == 0
    assert [" ".join(line) for line in lines] == [
        "snapshot 5",
        "snapshot 5",
        "change 6",
        "change 7",
        "change 8",
        "snapshot 3",
        "change 4",
    ]
    assert requests == [
        {"type": "subscribe", "topic": "list:x", "since": 6, "epoch": "one", "digest": "d6"}
    ]


def test_client_subscribes_again_when_change_builds_on_another_history(
    start_example: StartExample,
) -> None:
    """API-23"""
    requests: list[Any] = []

    def serve(socket: Any) -> None:
        send_frames(socket, welcome(), snapshot(5), change(6, base="other"))
        requests.append(json.loads(socket.recv()))
        send_frames(socket, snapshot(4), change(5), {"type": "ended", "reason": "deleted"})

    with ScriptedServer(serve) as server, start_example(server) as running:
        lines = [running.until(bool).split()[:2] for _ in range(3)]
        assert running.wait() == 0
    assert [" ".join(line) for line in lines] == ["snapshot 5", "snapshot 4", "change 5"]
    assert [(request["since"], request["digest"]) for request in requests] == [(5, "d5")]


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013, 4000, 4002, 4499])
def test_client_resumes_after_reconnectable_close(start_example: StartExample, code: int) -> None:
    """API-23"""

    def close_first(socket: Any) -> None:
        send_frames(socket, welcome(), snapshot(5), change(6))
        send_frames(socket, {"type": "bye", "code": code, "retry_in": 0.01})
        socket.close(code)

    def end_subscription(socket: Any) -> None:
        send_frames(socket, change(7), {"type": "ended", "reason": "revoked"})

    with ScriptedServer(close_first, end_subscription) as server, start_example(server) as running:
        assert running.wait() == 0
        assert server.queries == ["", "since=6&epoch=one&digest=d6"]


@pytest.mark.parametrize("code", [4500, 4501, 4503, 4505, 4999])
def test_client_does_not_reconnect_after_final_close(
    start_example: StartExample, code: int
) -> None:
    """API-23"""

    def reject(socket: Any) -> None:
        send_frames(socket, {"type": "bye", "code": code})
        socket.close(code)

    with ScriptedServer(reject) as server, start_example(server) as running:
        assert running.wait() == 1
        assert str(code) in running.read_stderr()
        assert len(server.queries) == 1
