"""New connections above the rate are deferred; existing connections are not affected."""

from __future__ import annotations

import time

import pytest

from live.connections import identity
from live.connections.admission import BURST_SECONDS, MAX_RETRY, MIN_RETRY, AdmissionControl
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode

RATE = 10.0


def knocks(door: AdmissionControl, count: int, now: float) -> list[float | None]:
    return [door.admit(now) for _ in range(count)]


def test_burst_is_admitted_and_next_connection_is_deferred():
    """LIV-23, SEC-14."""
    door = AdmissionControl(rate=RATE, now=0.0)
    inside = int(BURST_SECONDS * RATE)
    assert knocks(door, inside, 0.0) == [None] * inside
    assert door.admit(0.0) == MIN_RETRY


def test_deferred_connections_get_different_retry_delays():
    """LIV-23."""
    door = AdmissionControl(rate=RATE, now=0.0)
    knocks(door, int(BURST_SECONDS * RATE), 0.0)
    waits = knocks(door, 50, 0.0)
    assert waits == [round(MIN_RETRY + place / RATE, 2) for place in range(50)]


def test_connection_is_admitted_when_retried_after_its_delay():
    """LIV-23."""
    door = AdmissionControl(rate=RATE, now=0.0)
    knocks(door, int(BURST_SECONDS * RATE), 0.0)
    for wait in knocks(door, 200, 0.0):
        assert door.admit(wait) is None


def test_retry_delay_is_bounded():
    door = AdmissionControl(rate=RATE, now=0.0)
    waits = [wait for wait in knocks(door, 1_000, 0.0) if wait is not None]
    assert max(waits) == MAX_RETRY
    assert door.admit(1_000.0) is None


def test_rate_below_one_per_second_still_admits_connections():
    door = AdmissionControl(rate=0.1, now=0.0)
    assert knocks(door, 2, 0.0) == [None, 10.0]


@pytest.mark.django_db(transaction=True)
async def test_deferred_connection_costs_no_query_and_delays_no_client(
    screen, live, session_of, ana, bob, groceries, monkeypatch
):
    """LIV-23, SEC-14."""
    inside = await screen(ana)
    await inside.follow(groceries)
    await inside.until("snapshot")
    key, looked_up = await run_in_db_thread(session_of, bob), []
    find = identity.identity_from_session
    monkeypatch.setattr(
        identity, "identity_from_session", lambda key: looked_up.append(key) or find(key)
    )
    now = time.monotonic()
    live.admission = AdmissionControl(rate=0.001, now=now)
    assert live.admission.admit(now) is None
    for path in ("/ws/", f"/ws/lists/{groceries.pk}/", "/ws/"):
        one = await screen(path=path, session=key)
        assert one.accepted
        assert await one.closed() == CloseCode.OVERLOADED
        (bye,) = one.frames
        assert MIN_RETRY <= bye["retry_in"] <= MAX_RETRY
    assert looked_up == []
    await run_in_db_thread(groceries.items.create, name="Milk")
    await inside.until("change")
    live.admission = AdmissionControl(rate=RATE, now=now)
    assert (await (await screen(session=key)).next())["type"] == "welcome"
