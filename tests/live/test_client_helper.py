"""The screen of the tests itself: what it waits for comes, or the test fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.conftest import INTERVALS
from tests.support import socket_client as screens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(20)]


@pytest.fixture
def intervals():
    """Return a clock that beats all the time."""
    return replace(INTERVALS, heartbeat=INTERVALS.sweep)


async def test_beats_do_not_make_it_wait_for_ever(open_client, ana, monkeypatch):
    one = await open_client(ana)
    await one.until("beat")
    monkeypatch.setattr(screens, "TIMEOUT", 0.5)
    with pytest.raises(TimeoutError):
        await one.wait_closed()
    with pytest.raises(TimeoutError):
        await one.until("bye")
