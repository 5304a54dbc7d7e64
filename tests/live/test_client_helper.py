"""The socket client of the tests: a wait ends with the frame or fails the test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.conftest import TIMING
from tests.support import socket_client as screens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(20)]


@pytest.fixture
def timing():
    """Return intervals with very frequent heartbeats."""
    return replace(TIMING, heartbeat=TIMING.sweep)


async def test_client_wait_times_out_when_only_heartbeats_arrive(screen, ana, monkeypatch):
    client = await screen(ana)
    await client.until("beat")
    monkeypatch.setattr(screens, "PATIENCE", 0.5)
    with pytest.raises(TimeoutError):
        await client.closed()
    with pytest.raises(TimeoutError):
        await client.until("bye")
