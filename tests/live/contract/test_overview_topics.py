"""The topics `lists` and `activity` of several processes that share a Redis."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.live.contract.conftest import SHARED_LAYERS
from tests.support.websocket_client import WebSocketClient

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.parametrize("layer", SHARED_LAYERS, indirect=True, scope="package"),
]

CREATE_MALLORY = (
    "from accounts.models import ApiToken, User\n"
    "mallory = User.objects.create_user('mallory', password='correct horse battery')\n"
    "print('TOKEN', ApiToken.objects.create(user=mallory, name='test')[1])\n"
)


@pytest.fixture(scope="module")
def mallory_token(installation):
    """The token of a user without lists."""
    lines = installation.shell(CREATE_MALLORY).splitlines()
    return next(line.split()[1] for line in lines if line.startswith("TOKEN"))


def subscribe_overview(server: Any, token: str) -> tuple[WebSocketClient, list[Any], list[Any]]:
    """Subscribe to both topics; return the socket, the lists and the entries."""
    client = WebSocketClient(server.url, token)
    client.until("welcome")
    client.send(type="subscribe", topic="lists")
    lists = client.until("lists")["lists"]
    client.send(type="subscribe", topic="activity")
    return client, lists, client.until("activities")["entries"]


def test_change_reaches_overviews_of_another_process(installation, mallory_token):
    """LIV-42, LIV-46: by the message, because this process checks once in 40 seconds."""
    slow_server = installation.start_server(f"slow-{time.monotonic_ns()}", TROLLEY_TIME_SCALE="20")
    client, lists, entries = subscribe_overview(slow_server, installation.fixtures["bob"])
    other, other_lists, other_entries = subscribe_overview(slow_server, mallory_token)
    with client, other:
        assert [row["id"] for row in lists] == [installation.list_id]
        assert {entry["list"] for entry in entries} == {installation.list_id}
        assert other_lists == other_entries == []
        for code in (None, installation.code_to_add_item(f"by a command {time.monotonic_ns()}")):
            if code is None:
                installation.edit(f"by a request {time.monotonic_ns()}")
            else:
                installation.shell(code)
            row = client.until("list")["list"]
            entry = client.until("activity")["entry"]
            assert (row["id"], entry["list"]) == (installation.list_id,) * 2
            assert entry["version"] == row["version"]
        assert other.drain() == []
    slow_server.process.kill()


def test_change_reaches_overviews_when_redis_is_down(installation, mallory_token):
    """LIV-44"""
    second_server = installation.start_server(f"second-{time.monotonic_ns()}")
    client, lists, _ = subscribe_overview(second_server, installation.fixtures["ana"])
    other, _, _ = subscribe_overview(second_server, mallory_token)
    with client, other:
        installation.redis.kill()
        try:
            for number in range(3):
                installation.edit(f"without Redis {number} {time.monotonic_ns()}")
            versions = []
            while len(versions) < 3:
                versions.append(client.until("activity")["entry"]["version"])
            assert versions == [lists[0]["version"] + number for number in (1, 2, 3)]
            client.send(type="subscribe", topic="lists")
            assert client.until("lists")["lists"][0]["version"] == versions[-1]
        finally:
            installation.redis.start()
        assert other.drain() == []
    second_server.__exit__()
