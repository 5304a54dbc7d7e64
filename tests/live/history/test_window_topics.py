"""The topics `requests:5m` to `requests:7d` send a whole window, and then its last points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from live.db_threads import run_in_db_thread
from live.history import stored_counts
from live.history.counts import Counts
from live.history.stored_counts import OwnRow, Snapshot
from live.history.windows import WINDOWS

pytestmark = pytest.mark.django_db(transaction=True)


def store_requests(started: int) -> None:
    """Store what a process counted that was killed a minute ago."""
    at = datetime.now(UTC) - timedelta(seconds=60)
    row = OwnRow("killed", "0.9.0", at)
    stored_counts.start(row)
    counts = Counts(numbers={"started": started}, histograms={"latency": {250: started}})
    stored_counts.save(row, Snapshot(counts, {}), at)


@pytest.mark.parametrize("length", WINDOWS)
async def test_new_subscriber_gets_the_whole_window(live_runtime, open_client, ana, length):
    """MET-22: also what a process counted that has just been killed."""
    await run_in_db_thread(store_requests, 40)
    client = await open_client(ana)
    reply = await client.subscribe(f"requests:{length}")
    assert reply["type"] == "subscribed"
    window = await client.next()
    assert (window["type"], window["update"]) == ("window", False)
    assert window["step"] == WINDOWS[length].step
    assert window["totals"]["counts"]["started"] >= 40
    assert sum(window["columns"]["started"]) == window["totals"]["counts"]["started"]
    assert window["columns"]["at"] == sorted(window["columns"]["at"])
    assert window["start"] <= window["columns"]["at"][0]
    assert "0.9.0" in {mark["version"] for mark in window["marks"]}
    assert len({len(column) for column in window["columns"].values()}) == 1
    assert window["columns"]["at"][-1] <= window["end"] < window["start"] + WINDOWS[length].length
    heat = window["columns"]["latency_ms.heat"]
    assert sum(sum(counts) for _, *counts in filter(None, heat)) >= 40
    rows = len(window["heat_bounds_ms"]) + 1
    assert all(first + len(counts) <= rows for first, *counts in filter(None, heat))


async def test_subscriber_gets_the_last_points_again_and_again(live_runtime, open_client, ana):
    """MET-22"""
    await run_in_db_thread(store_requests, 40)
    client = await open_client(ana)
    await client.subscribe("requests:1h")
    whole = await client.until("window", update=False)
    update = await client.until("window", update=True)
    assert update["totals"]["counts"]["started"] >= whole["totals"]["counts"]["started"]
    assert len(update["columns"]["at"]) <= 4
    await client.send(type="unsubscribe", topic="requests:1h", id=1)
    await client.until("unsubscribed")
    assert live_runtime.hub.subscribers("requests:1h") == ()


async def test_window_without_subscriber_is_not_read(live_runtime, open_client, ana, monkeypatch):
    topics: list[str] = []
    read = live_runtime.window_topics._read

    async def read_and_note(topic: str, *, update: bool) -> str:
        topics.append(topic)
        return await read(topic, update=update)

    monkeypatch.setattr(live_runtime.window_topics, "_read", read_and_note)
    await live_runtime.window_topics.publish()
    assert topics == []
    client = await open_client(ana)
    await client.subscribe("requests:6h")
    await live_runtime.window_topics.publish()
    assert set(topics) == {"requests:6h"}


async def test_socket_that_missed_an_update_gets_the_whole_window(live_runtime, open_client, ana):
    """MET-22"""
    client = await open_client(ana)
    await client.subscribe("requests:5m")
    await client.until("window", update=False)
    (connection,) = live_runtime.registry.all_connections()
    connection.writer.send_queue.mark_missed("requests:5m")
    await client.until("window", update=False)
    assert connection.writer.send_queue.missed == {}


async def test_guest_and_unknown_window_get_the_same_refusal(
    live_runtime, open_client, ana, hardware, create_token
):
    """MET-2, LIV-13"""
    token = await run_in_db_thread(lambda: create_token(ana, scope="read", list_id=hardware.pk))
    restricted = await open_client(token=token, origin=None)
    wide = await open_client(ana)
    refusals = [
        await restricted.subscribe("requests:1h"),
        await wide.subscribe("requests:2h"),
        await wide.subscribe("lists:1h"),
    ]
    assert {(each["type"], each["code"]) for each in refusals} == {("error", "not_found")}
