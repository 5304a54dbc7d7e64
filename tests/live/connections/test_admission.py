"""New connections above the rate are deferred; existing connections are not affected."""

from __future__ import annotations

import time

import pytest

from live.connections import identity
from live.connections.admission import BURST_SECONDS, MAX_RETRY, MIN_RETRY, AdmissionControl
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode

RATE = 10.0


def try_connections(admission: AdmissionControl, count: int, now: float) -> list[float | None]:
    return [admission.admit(now) for _ in range(count)]


def test_burst_is_admitted_and_next_connection_is_deferred():
    """LIV-23, SEC-14."""
    admission = AdmissionControl(rate=RATE, now=0.0)
    burst = int(BURST_SECONDS * RATE)
    assert try_connections(admission, burst, 0.0) == [None] * burst
    assert admission.admit(0.0) == MIN_RETRY


def test_deferred_connections_get_different_retry_delays():
    """LIV-23."""
    admission = AdmissionControl(rate=RATE, now=0.0)
    try_connections(admission, int(BURST_SECONDS * RATE), 0.0)
    delays = try_connections(admission, 50, 0.0)
    assert delays == [round(MIN_RETRY + position / RATE, 2) for position in range(50)]


def test_connection_is_admitted_when_retried_after_its_delay():
    """LIV-23."""
    admission = AdmissionControl(rate=RATE, now=0.0)
    try_connections(admission, int(BURST_SECONDS * RATE), 0.0)
    for delay in try_connections(admission, 200, 0.0):
        assert admission.admit(delay) is None


def test_retry_delay_is_bounded():
    admission = AdmissionControl(rate=RATE, now=0.0)
    delays = [delay for delay in try_connections(admission, 1_000, 0.0) if delay is not None]
    assert max(delays) == MAX_RETRY
    assert admission.admit(1_000.0) is None


def test_rate_below_one_per_second_still_admits_connections():
    admission = AdmissionControl(rate=0.1, now=0.0)
    assert try_connections(admission, 2, 0.0) == [None, 10.0]


@pytest.mark.django_db(transaction=True)
async def test_deferred_connection_costs_no_query_and_delays_no_client(
    open_client, live_runtime, create_session, ana, bob, groceries, monkeypatch
):
    """LIV-23, SEC-14."""
    admitted = await open_client(ana)
    await admitted.subscribe(groceries)
    await admitted.until("snapshot")
    key, looked_up = await run_in_db_thread(create_session, bob), []
    original = identity.identity_from_session

    def look_up(key, **names):
        looked_up.append(key)
        return original(key, **names)

    monkeypatch.setattr(identity, "identity_from_session", look_up)
    now = time.monotonic()
    live_runtime.admission = AdmissionControl(rate=0.001, now=now)
    assert live_runtime.admission.admit(now) is None
    for path in ("/ws/", f"/ws/lists/{groceries.pk}/", "/ws/"):
        deferred = await open_client(path=path, session=key)
        assert deferred.accepted
        assert await deferred.wait_closed() == CloseCode.OVERLOADED
        error, bye = deferred.frames
        assert error["code"] == "overloaded"
        assert MIN_RETRY <= bye["retry_in"] <= MAX_RETRY
    assert looked_up == []
    await run_in_db_thread(groceries.items.create, name="Milk")
    await admitted.until("change")
    live_runtime.admission = AdmissionControl(rate=RATE, now=now)
    assert (await (await open_client(session=key)).next())["type"] == "welcome"
