"""A crowd of newcomers waits in line, and those who are inside do not."""

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


def test_as_many_as_may_come_at_once_are_let_in():
    """LIV-23, SEC-14."""
    door = AdmissionControl(rate=RATE, now=0.0)
    inside = int(BURST_SECONDS * RATE)
    assert knocks(door, inside, 0.0) == [None] * inside
    assert door.admit(0.0) == MIN_RETRY


def test_everybody_who_is_sent_away_is_told_another_moment():
    """LIV-23."""
    door = AdmissionControl(rate=RATE, now=0.0)
    knocks(door, int(BURST_SECONDS * RATE), 0.0)
    waits = knocks(door, 50, 0.0)
    assert waits == [round(MIN_RETRY + place / RATE, 2) for place in range(50)]


def test_those_who_come_when_they_were_told_to_are_let_in():
    """LIV-23."""
    door = AdmissionControl(rate=RATE, now=0.0)
    knocks(door, int(BURST_SECONDS * RATE), 0.0)
    for wait in knocks(door, 200, 0.0):
        assert door.admit(wait) is None


def test_the_line_is_not_longer_than_what_anybody_waits():
    door = AdmissionControl(rate=RATE, now=0.0)
    waits = [wait for wait in knocks(door, 1_000, 0.0) if wait is not None]
    assert max(waits) == MAX_RETRY
    assert door.admit(1_000.0) is None


def test_a_rate_below_one_a_second_still_lets_somebody_in():
    door = AdmissionControl(rate=0.1, now=0.0)
    assert knocks(door, 2, 0.0) == [None, 10.0]


@pytest.mark.django_db(transaction=True)
async def test_who_is_sent_away_costs_no_query_and_disturbs_nobody(
    open_client, live_runtime, create_session, ana, bob, groceries, monkeypatch
):
    """LIV-23, SEC-14."""
    inside = await open_client(ana)
    await inside.subscribe(groceries)
    await inside.until("snapshot")
    key, looked_up = await run_in_db_thread(create_session, bob), []
    find = identity.identity_from_session
    monkeypatch.setattr(
        identity, "identity_from_session", lambda key: looked_up.append(key) or find(key)
    )
    now = time.monotonic()
    live_runtime.admission = AdmissionControl(rate=0.001, now=now)
    assert live_runtime.admission.admit(now) is None
    for path in ("/ws/", f"/ws/lists/{groceries.pk}/", "/ws/"):
        one = await open_client(path=path, session=key)
        assert one.accepted
        assert await one.wait_closed() == CloseCode.OVERLOADED
        (bye,) = one.frames
        assert MIN_RETRY <= bye["retry_in"] <= MAX_RETRY
    assert looked_up == []
    await run_in_db_thread(groceries.items.create, name="Milk")
    await inside.until("change")
    live_runtime.admission = AdmissionControl(rate=RATE, now=now)
    assert (await (await open_client(session=key)).next())["type"] == "welcome"
