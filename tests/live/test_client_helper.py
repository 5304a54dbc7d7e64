"""The socket client of the tests: a wait ends with the frame or fails the test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.conftest import INTERVALS
from tests.support import socket_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(20)]


@pytest.fixture
def intervals():
    """Return intervals with very frequent heartbeats."""
    return replace(INTERVALS, heartbeat_interval=INTERVALS.sweep_interval)


async def test_client_wait_times_out_when_only_heartbeats_arrive(open_client, ana, monkeypatch):
    client = await open_client(ana)
    await client.until("beat")
    monkeypatch.setattr(socket_client, "TIMEOUT", 0.5)
    with pytest.raises(TimeoutError):
        await client.wait_closed()
    with pytest.raises(TimeoutError):
        await client.until("bye")
