"""Processes that are connected by the master of a Sentinel go on when another one is the master."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from asgi_project.channel_layer import default_layer
from tests.support import redis_kinds
from tests.support.installation import Installation
from tests.support.processes import TIMEOUT

pytestmark = [
    pytest.mark.system,
    pytest.mark.redis,
    pytest.mark.extended,
    pytest.mark.timeout(240),
]


def wait_until_ready(server) -> None:
    deadline = time.monotonic() + TIMEOUT
    while (answer := server.get("/readyz").json())["status"] != "ready":
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def test_edits_reach_other_processes_after_a_failover(tmp_path):
    """SCL-6"""
    with redis_kinds.with_sentinel(tmp_path) as url:
        layer = default_layer(url)
        redis = SimpleNamespace(url=url)
        home = Installation(tmp_path / "data", server="uvicorn", layer=layer, redis=redis)
        try:
            other = home.start_server("second")
            client = home.subscribe(server=other)
            home.edit("before")
            client.until_note("before")
            redis_kinds.failover(url)
            home.edit("meanwhile")
            client.until_note("meanwhile")
            for server in (home.first_server, other):
                wait_until_ready(server)
            home.edit("after")
            client.until_note("after")
        finally:
            home.close()
