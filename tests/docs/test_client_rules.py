"""The example that follows a list keeps the rules for clients of docs/protocol.md.

What a real server says seldom is said by a script.
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
Follow = Callable[[ScriptedServer], ExampleProcess]


@pytest.fixture
def following(tmp_path: Path) -> Follow:
    """Run the example against a server."""

    def start(server: ScriptedServer) -> ExampleProcess:
        first = example(0, "python").with_values(TROLLEY=server.url)
        return ExampleProcess("python", f"{first}\n{example(9, 'python').code}", tmp_path)

    return start


def test_a_change_that_is_missing_is_asked_for_and_what_is_known_is_dropped(
    following: Follow,
) -> None:
    """API-23"""
    asked: list[Any] = []

    def play(socket: Any) -> None:
        send_frames(socket, welcome(), snapshot(5, part=1, parts=2), snapshot(5, part=2, parts=2))
        send_frames(socket, change(5), change(6), change(6), change(9, epoch="two"), change(8))
        asked.append(json.loads(socket.recv()))
        send_frames(socket, change(7), change(8), snapshot(3, epoch="two"), change(4, epoch="two"))
        send_frames(socket, {"type": "ended", "reason": "deleted"})

    with ScriptedServer(play) as server, following(server) as running:
        told = [running.until(bool).split()[:2] for _ in range(7)]
        assert running.wait() == 0
    assert [" ".join(line) for line in told] == [
        "snapshot 5",
        "snapshot 5",
        "change 6",
        "change 7",
        "change 8",
        "snapshot 3",
        "change 4",
    ]
    assert asked == [{"type": "subscribe", "topic": "list:x", "since": 6, "epoch": "one"}]


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013, 4000, 4002, 4499])
def test_it_comes_back_to_where_it_was_after_a_close_that_asks_for_it(
    following: Follow, code: int
) -> None:
    """API-23"""

    def leave(socket: Any) -> None:
        send_frames(socket, welcome(), snapshot(5), change(6))
        send_frames(socket, {"type": "bye", "code": code, "retry_in": 0.01})
        socket.close(code)

    def end(socket: Any) -> None:
        send_frames(socket, change(7), {"type": "ended", "reason": "revoked"})

    with ScriptedServer(leave, end) as server, following(server) as running:
        assert running.wait() == 0
        assert server.queries == ["", "since=6&epoch=one"]


@pytest.mark.parametrize("code", [4500, 4501, 4503, 4505, 4999])
def test_it_does_not_come_back_after_a_close_that_forbids_it(following: Follow, code: int) -> None:
    """API-23"""

    def turn_away(socket: Any) -> None:
        send_frames(socket, {"type": "bye", "code": code})
        socket.close(code)

    with ScriptedServer(turn_away) as server, following(server) as running:
        assert running.wait() == 1
        assert str(code) in running.read_stderr()
        assert len(server.queries) == 1
