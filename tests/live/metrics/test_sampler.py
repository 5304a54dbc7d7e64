"""The counters of all processes are added up, and totals never decrease."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from live.counters import counters
from live.db_threads import run_in_db_thread
from live.metrics.sampler import HISTORY, ProcessSample, SampleAggregator
from live.protocol import frames

AT = datetime(2026, 11, 22, tzinfo=UTC)
NAMES = ("started", "finished", "changes", "delivered", "repairs", "resumed", "snapshots")
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def sample(process: str, count: int, **fields) -> ProcessSample:
    given = {
        "totals": dict.fromkeys((*NAMES, *CLASSES), count),
        "in_flight": 1,
        "per_second": 2.0,
        "per_second_1m": 1.0,
        "sockets": 3,
        "people": [1, 2],
        "lagging": 0,
        "latency": [(10, 5)],
        "delivery": [],
    }
    return ProcessSample(process=process, **{**given, **fields})


def total(board: SampleAggregator, now: float) -> frames.Sample:
    return board.total("requests", AT, now)


def test_latest_samples_of_all_processes_are_added_up():
    board = SampleAggregator(stale_after=5)
    board.put(sample("a", 5), 0)
    board.put(sample("a", 10), 1)
    board.put(sample("b", 1, people=[2, 3]), 1)
    found = total(board, 1)
    assert (found.processes, found.started, found.status["2xx"]) == (2, 11, 11)
    assert (found.in_flight, found.sockets, found.people) == (2, 6, 3)
    assert found.per_second == 4.0
    assert found.latency_ms["p50"] == pytest.approx(1.55, rel=0.2)
    assert found.delivery_ms == {"p50": None, "p99": None}


def test_stale_process_is_dropped_but_its_totals_are_kept():
    board = SampleAggregator(stale_after=5)
    board.put(sample("a", 10), 0)
    board.put(sample("b", 1), 6)
    found = total(board, 6)
    assert (found.processes, found.started, found.in_flight, found.sockets) == (1, 11, 1, 3)


def test_process_is_counted_once_when_it_was_only_silent():
    board = SampleAggregator(stale_after=5)
    board.put(sample("a", 10), 0)
    assert total(board, 6).started == 10
    board.put(sample("a", 12), 7)
    assert total(board, 7).started == 12


def test_new_process_learns_totals_of_ended_processes():
    old, new = SampleAggregator(stale_after=5), SampleAggregator(stale_after=5)
    old.put(sample("dead", 10), 0)
    total(old, 6)
    assert old.put(sample("new", 1), 6)
    new.put(sample("new", 1), 6)
    new.put(sample("old", 2, retired_totals=old.retired_totals), 6)
    assert total(new, 6).started == 13


def test_history_is_bounded_and_stored_in_columns():
    board = SampleAggregator(stale_after=5)
    board.put(sample("a", 1), 0)
    for _ in range(HISTORY + 10):
        board.append_history(total(board, 0))
    columns = board.history()
    assert {len(column) for column in columns.values()} == {HISTORY}
    assert "topic" not in columns
    assert columns["at"][0] == "2026-11-22T00:00:00Z"


def test_sample_round_trips_through_msgpack():
    """Channel layers support only strings as keys."""
    packed = msgspec.msgpack.encode(msgspec.to_builtins(sample("a", 1)))
    assert msgspec.convert(msgspec.msgpack.decode(packed), ProcessSample) == sample("a", 1)


@pytest.mark.django_db(transaction=True)
async def test_subscriber_gets_history_then_samples(live, screen, ana):
    one = await screen(ana)
    while live.sampler.board.latest is None:
        await one.barrier()
        await run_in_db_thread(lambda: None)
    answer = await one.follow("requests")
    assert len(answer["history"]["at"]) >= 1
    first, second = await one.until("sample"), await one.until("sample")
    assert first["topic"] == "requests"
    assert first["at"] < second["at"]
    assert (first["sockets"], first["people"], first["processes"]) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
async def test_delivery_time_is_recorded_once_per_change(live, screen, ana, groceries):
    one = await screen(ana)
    await one.follow(groceries)
    await one.until("snapshot")
    before = sum(counters.delivery.buckets().values())
    await run_in_db_thread(groceries.items.create, name="Milk")
    await one.until("change")
    await one.barrier()
    assert sum(counters.delivery.buckets().values()) == before + 1


@pytest.mark.django_db(transaction=True)
async def test_request_sends_no_broadcast(live, screen, ana):
    """LIV-20."""
    one = await screen(ana)
    await one.follow("requests")
    sent = []
    live.relay.layer_client.send = sent.append
    for _ in range(50):
        counters.request_started()
        counters.request_finished()
    assert sent == []
