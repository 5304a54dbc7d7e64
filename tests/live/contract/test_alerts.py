"""Alerts of an installation with two processes, when its Redis is killed."""

from __future__ import annotations

import pytest

from tests.live.metrics.test_alert_poster import Receiver
from tests.support.installation import Installation

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def test_killed_redis_is_posted_once_and_so_is_its_end(redis, tmp_path):
    """ALR-2, ALR-3: each process notices the outage, and one of them posts it."""
    receiver = Receiver()
    installation = Installation(
        tmp_path / "data", server="uvicorn", layer="redis-pubsub", redis=redis
    )
    installation.environment["TROLLEY_ALERT_URL"] = receiver.url
    try:
        installation.servers.pop().__exit__()
        servers = [installation.start_server(f"alerts-{number}") for number in range(2)]
        clients = [installation.subscribe(server=server) for server in servers]
        for client in clients:
            client.send(type="subscribe", topic="verdict")
            client.send(type="subscribe", topic="requests")
            while client.until("sample")["processes"] != 2:
                pass
        redis.kill()
        for client in clients:
            while client.until("verdict")["health"]["layer"]:
                pass
        path, _, began = receiver.next()
        assert (path, began["event"], began["key"]) == ("/my-topic", "began", "layer")
        redis.start()
        _, _, ended = receiver.next()
        assert (ended["event"], ended["key"]) == ("ended", "layer")
        assert ended["until"] >= ended["since"] == began["since"]
        for client in clients:  # all processes know that it is over, and none has more to post
            while client.until("sample")["processes"] != 2:
                pass
            while not (verdict := client.until("verdict"))["health"]["layer"]:
                pass
            assert [each["key"] for each in verdict["conditions"]] == []
        assert receiver.received.empty()
    finally:
        receiver.close()
        installation.close()
        redis.kill()
        redis.start()
