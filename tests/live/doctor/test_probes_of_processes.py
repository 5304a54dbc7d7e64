"""A process tells a client of a handshake that reached another process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.installation import Installation
from tests.support.processes import TIMEOUT, RedisServer, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.redis]
PROBE = "0123456789abcdef"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    redis = RedisServer()
    data = tmp_path / "data"
    installation = Installation(data, server="uvicorn", layer="redis-pubsub", redis=redis)
    yield installation.first_server, installation.start_server("second")
    installation.close()
    redis.kill()


def outcome_at(server: ServerProcess, probe: str, send: Callable[[str], object]) -> str:
    """Send handshakes until the server knows one: it may not have joined the layer yet."""
    deadline = time.monotonic() + TIMEOUT
    for number in count():
        assert time.monotonic() < deadline, "the process knows no handshake"
        send(f"{probe}-{number}")
        time.sleep(0.1)
        answer = server.get(f"/api/live/connection/?probe={probe}-{number}").json()
        if answer["handshake"] is not None:
            return str(answer["handshake"]["outcome"])
    raise AssertionError


def test_any_process_knows_what_became_of_a_handshake(
    servers: tuple[ServerProcess, ServerProcess],
) -> None:
    """DOC-5: refused for its origin, and without an upgrade."""
    first, second = servers

    def from_a_foreign_page(probe: str) -> None:
        url = f"{first.url.replace('http', 'ws')}/ws/?probe={probe}"
        with pytest.raises(InvalidStatus):
            connect(url, origin="https://evil.example")

    def without_an_upgrade(probe: str) -> None:
        assert first.get(f"/ws/?probe={probe}").status_code == 426

    assert outcome_at(second, f"{PROBE}-origin", from_a_foreign_page) == "foreign_origin"
    assert outcome_at(second, f"{PROBE}-upgrade", without_an_upgrade) == "no_upgrade"
