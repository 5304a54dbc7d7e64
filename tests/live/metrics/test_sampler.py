"""The counters of all processes are added up, and totals never decrease."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from live.counters import counters
from live.db_threads import run_in_db_thread
from live.histogram import bucket_of
from live.history.counts import Counts
from live.history.stored_counts import StoredProcess
from live.metrics.sampler import MAX_HISTORY, MAX_RETIRED, ProcessSample, SampleAggregator
from live.protocol import frames
from tests.support.socket_client import eventually

AT = datetime(2026, 11, 22, tzinfo=UTC)
NAMES = ("started", "finished", "changes", "delivered", "repairs", "resumed", "snapshots")
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def sample(process: str, count: int, **fields) -> ProcessSample:
    defaults = {
        "totals": dict.fromkeys((*NAMES, *CLASSES), count),
        "in_flight": 1,
        "per_second": 2.0,
        "per_second_1m": 1.0,
        "sockets": 3,
        "user_ids": [1, 2],
        "lagging": 0,
        "screens": {"identical": 2, "behind": 1, "different": 0},
        "latency": [(bucket_of(1.5), 5)],
        "delivery": [],
    }
    return ProcessSample(process=process, **{**defaults, **fields})


def aggregate(aggregator: SampleAggregator, now: float) -> frames.Sample:
    aggregator.retire(now)
    return aggregator.total("requests", AT)


def test_latest_samples_of_all_processes_are_added_up():
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("a", 5), 0)
    aggregator.put(sample("a", 10), 1)
    aggregator.put(sample("b", 1, user_ids=[2, 3]), 1)
    result = aggregate(aggregator, 1)
    assert (result.processes, result.started, result.status["2xx"]) == (2, 11, 11)
    assert (result.in_flight, result.sockets, result.people) == (2, 6, 3)
    assert result.screens == {"identical": 4, "behind": 2, "different": 0}
    assert result.per_second == 4.0
    assert result.latency_ms["p50"] == pytest.approx(1.53, abs=0.04)
    assert result.delivery_ms == {"p50": None, "p99": None}


def test_stale_process_is_dropped_but_its_totals_are_kept():
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("a", 10), 0)
    aggregator.put(sample("b", 1), 6)
    result = aggregate(aggregator, 6)
    assert (result.processes, result.started, result.in_flight, result.sockets) == (1, 11, 1, 3)


def test_topic_is_watched_if_a_living_process_has_a_subscriber() -> None:
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("a", 1, watched=["signals"]), 0)
    aggregator.put(sample("b", 1), 4)
    assert aggregator.watched == {"signals"}
    assert aggregator.retire(6) == ["a"]
    assert aggregator.watched == set()


def test_process_is_counted_once_when_it_was_only_silent():
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("a", 10), 0)
    assert aggregate(aggregator, 6).started == 10
    aggregator.put(sample("a", 12), 7)
    assert aggregate(aggregator, 7).started == 12


def test_stored_totals_are_replaced_by_samples_of_their_process():
    """MET-21"""
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("new", 1), 0)
    stored = {name: sample(name, 10).totals for name in ("", "stopped", "running", "new")}
    aggregator.restore(AT, stored)
    assert (aggregate(aggregator, 0).started, aggregator.since) == (31, AT)
    aggregator.put(sample("running", 12), 1)
    assert aggregate(aggregator, 1).started == 33


def test_what_a_killed_process_stored_and_did_not_send_is_added():
    """MET-21"""
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("killed", 10), 0)
    assert (aggregator.is_any_older(0), aggregator.is_any_older(0.1)) == (False, True)
    aggregator.refresh({"killed": sample("killed", 12).totals, "unknown": {"started": 3}})
    assert aggregate(aggregator, 1).started == 15
    aggregator.refresh({"killed": sample("killed", 11).totals})
    assert aggregate(aggregator, 6).started == 15
    aggregator.refresh({"killed": sample("killed", 13).totals})
    assert (aggregate(aggregator, 7).started, aggregate(aggregator, 7).processes) == (16, 0)


@pytest.mark.django_db(transaction=True)
async def test_rows_of_processes_that_are_not_heard_are_read(live_runtime):
    """MET-21: the sum of the older ones is left out, because it grows by known processes."""
    sampler = live_runtime.sampler
    await eventually(lambda: sampler.aggregator.latest is not None)
    counts = Counts(numbers={"started": 5})
    topics = {"signals": {"post_save Activity": {"sends": 4, "errors": 0}}}
    before = sampler.aggregator.total("requests", AT).started
    for _ in range(2):
        sampler.refresh([StoredProcess(name, counts, topics) for name in ("", "silent")])
        assert sampler.aggregator.total("requests", AT).started == before + 5
    assert live_runtime._is_sample_missing() is False
    live_runtime.relay.layer_client.is_up = False
    assert live_runtime._is_sample_missing() is True


def test_totals_of_many_stopped_processes_take_little_memory():
    """MET-21"""
    aggregator = SampleAggregator(stale_after=5)
    for number in range(MAX_RETIRED * 3):
        aggregator.put(sample(str(number), 2), number)
        aggregator.retire(number + 6)
    assert aggregate(aggregator, 1e6).started == MAX_RETIRED * 6
    assert len(aggregator.retired_totals) == MAX_RETIRED


def test_history_is_bounded_and_stored_in_columns():
    aggregator = SampleAggregator(stale_after=5)
    aggregator.put(sample("a", 1), 0)
    for _ in range(MAX_HISTORY + 10):
        aggregator.append_history(aggregate(aggregator, 0))
    columns = aggregator.history()
    assert {len(column) for column in columns.values()} == {MAX_HISTORY}
    assert "topic" not in columns
    assert columns["at"][0] == "2026-11-22T00:00:00Z"


def test_sample_round_trips_through_msgpack():
    """Channel layers support only strings as keys."""
    packed = msgspec.msgpack.encode(msgspec.to_builtins(sample("a", 1)))
    assert msgspec.convert(msgspec.msgpack.decode(packed), ProcessSample) == sample("a", 1)


@pytest.mark.django_db(transaction=True)
async def test_subscriber_gets_history_then_samples(live_runtime, open_client, ana):
    client = await open_client(ana)
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    reply = await client.subscribe("requests")
    assert len(reply["history"]["at"]) >= 1
    first, second = await client.until("sample"), await client.until("sample")
    assert first["topic"] == "requests"
    assert first["at"] < second["at"]
    assert (first["sockets"], first["people"], first["processes"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
async def test_delivery_time_is_recorded_once_per_change(live_runtime, open_client, ana, groceries):
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")
    before = sum(counters.delivery.buckets().values())
    await run_in_db_thread(groceries.items.create, name="Milk")
    await client.until("change")
    await client.drain()
    assert sum(counters.delivery.buckets().values()) == before + 1


@pytest.mark.django_db(transaction=True)
async def test_only_changes_of_lists_count_as_delivered(live_runtime, open_client, ana, groceries):
    """MET-20"""
    client, other = await open_client(ana), await open_client(ana)
    for each in (client, other):
        await each.subscribe(groceries)
        await each.subscribe("requests")
        await each.until("sample")
    before = counters.delivered
    await run_in_db_thread(groceries.items.create, name="Milk")
    for each in (client, other):
        await each.until("change")
    await client.until("sample")
    assert counters.delivered == before + 2


@pytest.mark.django_db(transaction=True)
async def test_replayed_change_counts_as_delivered(live_runtime, open_client, ana, groceries):
    """MET-20"""
    client = await open_client(ana)
    position = await client.subscribe(groceries)
    await run_in_db_thread(groceries.items.create, name="Milk")
    await client.until("change")
    before = counters.delivered
    reply = await client.subscribe(groceries, **position_of(position))
    assert reply["recovered"] is True
    await client.until("change")
    assert counters.delivered == before + 1


def position_of(frame: dict) -> dict:
    """Return the fields that resume after this frame."""
    return {"since": frame["version"], "epoch": frame["epoch"], "digest": frame["digest"]}


@pytest.mark.django_db(transaction=True)
async def test_request_sends_no_broadcast(live_runtime, open_client, ana):
    """LIV-20."""
    client = await open_client(ana)
    await client.subscribe("requests")
    sent = []
    live_runtime.relay.layer_client.send = sent.append
    for _ in range(50):
        counters.request_started()
        counters.request_finished()
    assert sent == []
