"""The topic `ops:machine`: who gets it, and when the machine is asked."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from live.db_threads import run_in_db_thread
from live.history.rollup_content import RollupContent, decode_content, encode_content
from live.metrics import machine_monitor
from live.metrics.machine_topic import most_query_time
from live.metrics.storage_reading import STORED_GAUGE
from live.models import Rollup
from live.protocol.frames import EndedRequest
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


async def watch(open_client, olga):
    """Open a socket of staff that follows the topic."""
    staff = await open_client(olga)
    assert (await staff.subscribe("ops:machine"))["type"] == "subscribed"
    return staff


async def test_topic_is_for_staff(open_client, ana, olga):
    """MCH-1"""
    client = await open_client(ana)
    assert (await client.subscribe("ops:machine"))["code"] == "not_found"
    await watch(open_client, olga)


async def test_database_is_asked_off_the_event_loop_and_only_while_it_is_watched(
    monkeypatch, live_runtime, open_client, olga
):
    """MCH-2"""
    threads = []
    read = machine_monitor.read_database

    def noted_read():
        threads.append(threading.current_thread())
        return read()

    monkeypatch.setattr(machine_monitor, "read_database", noted_read)
    monitor = live_runtime.machine_monitor
    await eventually(lambda: monitor.readings.storage is not None)
    assert (threads, monitor.readings.database) == ([], None)
    staff = await watch(open_client, olga)
    while not (frame := await staff.until("machine"))["database"]:
        pass
    assert frame["database"]["round_trip_ms"] > 0
    assert threads
    assert threading.current_thread() not in threads
    await staff.disconnect()
    await eventually(lambda: monitor.readings.database is None)
    count = len(threads)
    for _ in range(3):
        frame = live_runtime.sampler.frame("ops:machine")
        await eventually(lambda before=frame: live_runtime.sampler.frame("ops:machine") != before)
    assert len(threads) == count
    assert live_runtime.sampler.frame("ops:machine").database is None


def store_size(age_days: float, size: int) -> None:
    """Store an hour of the past with this size."""
    start = int(time.time() - age_days * DAY) // 3600 * 3600
    content = encode_content(RollupContent(gauges={STORED_GAUGE: size}))
    Rollup.objects.create(step=3600, start=start, content=content)


async def test_days_left_come_from_what_was_stored_in_the_last_week(
    live_runtime, open_client, olga
):
    """MCH-3"""
    monitor = live_runtime.machine_monitor
    await eventually(lambda: monitor.readings.storage is not None)
    stored = monitor.readings.storage.stored
    await run_in_db_thread(store_size, 9, 1)
    await run_in_db_thread(store_size, 3, stored // 2)
    staff = await watch(open_client, olga)
    while (storage := (await staff.until("machine"))["storage"])["growth_per_day"] is None:
        pass
    since = datetime.fromisoformat(storage["growth_since"])
    assert timedelta(days=2.8) < datetime.now(UTC) - since < timedelta(days=3)
    assert storage["growth_per_day"] == pytest.approx(stored / 2 / 3, rel=0.1)
    if storage["free_bytes"] is not None:
        days = storage["free_bytes"] / storage["growth_per_day"]
        assert storage["days_left"] == pytest.approx(days, rel=0.01)


async def test_size_of_what_is_stored_is_part_of_the_history(live_runtime):
    """MCH-3"""

    def stored_sizes():
        contents = Rollup.objects.filter(step=3600).values_list("content", flat=True)
        return [decode_content(content).gauges.get(STORED_GAUGE) for content in contents]

    sizes: list[int | None] = []
    while not any(sizes):
        sizes = await run_in_db_thread(stored_sizes)
    stored = live_runtime.machine_monitor.readings.storage.stored
    assert sizes == [pytest.approx(stored, rel=0.5)]


def ended(age: float, query_ms: float, queries: int = 3) -> EndedRequest:
    """Return a request that ended some seconds ago."""
    return EndedRequest(
        at=datetime.now(UTC) - timedelta(seconds=age),
        method="GET",
        route="/",
        status=200,
        ms=query_ms + 1,
        queries=queries,
        query_ms=query_ms,
        request_id=None,
        user=None,
    )


def test_slowest_queries_are_those_of_the_last_minute():
    """MCH-2"""
    slow, old, fast, none = ended(5, 20), ended(70, 90), ended(1, 4), ended(1, 0, queries=0)
    now = datetime.now(UTC)
    assert most_query_time([fast, slow, old, none], now) is slow
    assert most_query_time([old, none], now) is None
