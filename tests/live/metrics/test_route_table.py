"""The requests of all processes are added up by route; a minute has its own sixty seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from live.histogram import WINDOW_SECONDS
from live.metrics.route_table import MAX_ROWS, ProcessRequests, RouteTable
from live.metrics.route_totals import OTHER_ROUTES, UNRESOLVED, RouteKey, RouteTotals
from live.metrics.stored_routes import key_of, name_of, restored_totals, stored_row
from live.protocol.frames import EndedRequest, ExceptionRow, NetworkRow, OpenRequest, RouteRow

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = RouteKey("GET", "/lists/")


def totals(*durations: float, status: int | None = 200, queries: int = 2) -> RouteTotals:
    result = RouteTotals()
    for duration in durations:
        result.add_request(
            status, duration, is_error=(status or 0) >= 500, queries=queries, query_ms=0.5
        )
    return result


def counts(*durations: float, **options: int) -> ProcessRequests:
    return ProcessRequests(routes=[totals(*durations, **options).counts(KEY)])


def row(table: RouteTable) -> RouteRow:
    (only,) = table.rows()
    return only


def started(*processes: str) -> RouteTable:
    """Return a table that knows these processes, which have handled no request."""
    table = RouteTable()
    for process in processes:
        table.put(process, ProcessRequests(routes=[]))
    return table


def test_processes_are_added_up_and_stay_when_they_stop() -> None:
    """MET-40"""
    table = started("one", "two")
    table.put("one", counts(1, 2, 3))
    table.put("two", counts(40, status=503))
    table.remove("two")
    table.put("one", counts(1, 2, 3, 4))
    table.advance()
    total = row(table).total
    assert (total.requests, total.statuses) == (5, {"200": 4, "503": 1})
    assert (total.errors, total.queries, total.query_ms) == (1, 10, 2.5)
    assert (total.time_ms, total.slowest_ms) == (50, 40)
    assert row(table).last_minute == total


def test_repeated_counts_change_nothing() -> None:
    """MET-40: after another process has started, every process sends all of its rows again."""
    table = started("one")
    for _ in range(3):
        table.put("one", counts(1, 2))
        table.advance()
    assert row(table).total.requests == 2
    minute = row(table).last_minute
    assert minute is not None
    assert minute.requests == 2


def test_minute_has_the_requests_of_its_seconds_only() -> None:
    table = started("one")
    table.put("one", counts(100))
    for second in range(WINDOW_SECONDS):
        table.advance()
        minute = row(table).last_minute
        assert minute is not None, second
        assert minute.requests == 1
    table.put("one", counts(100, 3))
    table.advance()
    minute = row(table).last_minute
    assert minute is not None
    assert (minute.requests, minute.time_ms) == (1, 3)
    assert minute.slowest_ms == pytest.approx(3, rel=0.04)
    assert row(table).total.slowest_ms == 100
    for _ in range(WINDOW_SECONDS):
        table.advance()
    assert row(table).last_minute is None
    assert table.active() == set()


def test_requests_before_the_first_message_of_a_process_are_not_of_the_last_minute() -> None:
    """A process that starts now hears the totals of one that began days ago."""
    table = RouteTable()
    table.put("old", counts(1, 2, 3))
    table.advance()
    assert row(table).total.requests == 3
    assert row(table).last_minute is None


def test_aborted_request_has_no_status_and_no_time() -> None:
    table = started("one")
    table.put("one", counts(9_000, status=None))
    total = row(table).total
    assert (total.requests, total.aborted, total.statuses, total.errors) == (1, 1, {}, 0)
    assert (total.time_ms, sum(total.histogram)) == (0, 0)
    assert total.latency_ms == {"p50": None, "p95": None, "p99": None}


@pytest.mark.parametrize(
    ("milliseconds", "bar"),
    [(0.2, 0), (1.5, 1), (3, 2), (7, 3), (15, 4), (70, 6), (700, 9), (4_000, 11), (9_000, 12)],
)
def test_histogram_has_a_bar_for_each_range(milliseconds: float, bar: int) -> None:
    histogram = totals(milliseconds).figures().histogram
    assert [index for index, count in enumerate(histogram) if count] == [bar]
    assert len(histogram) == 13


def test_percentiles_are_at_most_four_percent_too_high() -> None:
    figures = totals(*([10.0] * 94), *([50.0] * 5), 400.0).figures()
    for name, exact in (("p50", 10), ("p95", 50), ("p99", 50)):
        value = figures.latency_ms[name]
        assert value is not None
        assert exact <= value <= exact * 1.041
    assert figures.slowest_ms == 400


def entry(milliseconds: float, *, at: datetime = AT, route: str = "/lists/") -> EndedRequest:
    return EndedRequest(
        at=at,
        method="GET",
        route=route,
        status=200,
        ms=milliseconds,
        queries=1,
        query_ms=0.1,
        request_id=None,
        user=None,
    )


def test_slowest_of_all_processes_are_recent_ones() -> None:
    table = started("one", "two")
    old = entry(9_000, at=AT - timedelta(minutes=5))
    table.put("one", ProcessRequests(routes=[], slowest=[entry(5), old]))
    table.put("two", ProcessRequests(routes=[], slowest=[entry(8)]))
    assert [each.ms for each in table.remainder(AT).slowest] == [8, 5]


def test_stopped_process_has_no_request_in_flight() -> None:
    """MET-43"""
    table = started("one", "two")
    for process, age in (("one", 10), ("two", 2_000)):
        request = OpenRequest(
            method="GET", route="/lists/", state="running", ms=age, request_id=None, user=None
        )
        table.put(process, ProcessRequests(routes=[], in_flight=[request], in_flight_count=3))
    entries, count = table.in_flight(20)
    assert ([each.ms for each in entries], count) == ([2_000, 10], 6)
    table.remove("two")
    entries, count = table.in_flight(20)
    assert ([each.ms for each in entries], count) == ([10], 3)


def test_exceptions_and_networks_of_processes_are_joined() -> None:
    """MET-42 and MET-45"""
    table = started("one", "two")
    for number, process in enumerate(("one", "two"), 1):
        at = AT + timedelta(minutes=number)
        exception = ExceptionRow(
            kind="ValueError",
            method="GET",
            route="/lists/",
            count=number,
            newest=at,
            request_id=process,
            code="",
        )
        network = NetworkRow(
            network="192.0.2.1", throttled=number, failed_sign_ins=10 * number, newest=at
        )
        table.put(process, ProcessRequests(routes=[], exceptions=[exception], networks=[network]))
    remainder = table.remainder(AT)
    (joined,) = remainder.exceptions
    assert (joined.count, joined.request_id) == (3, "two")
    (joined_network,) = remainder.networks
    assert (joined_network.throttled, joined_network.failed_sign_ins) == (3, 30)
    assert joined_network.newest == AT + timedelta(minutes=2)


@pytest.mark.parametrize("milliseconds", [0.0004, 1.00049, 12.3456789])
def test_restored_time_is_not_lower_than_the_one_before(milliseconds: float) -> None:
    """MET-47"""
    before = totals(milliseconds)
    after = restored_totals(stored_row(before.counts(KEY)))
    assert before.time_ms <= after.time_ms < before.time_ms + 0.0011


def test_stored_row_has_all_that_adds_up() -> None:
    """MET-47"""
    before = totals(1, 2, 40, status=503)
    before.add(totals(9_000, status=None))
    row = stored_row(before.counts(KEY))
    after = restored_totals({**row, "of_a_later_version": 5})
    for name in ("statuses", "aborted", "errors", "buckets", "queries", "time_ms", "query_ms"):
        assert getattr(after, name) == getattr(before, name), name
    assert before.slowest_ms <= after.slowest_ms <= before.slowest_ms * 1.04
    # Rows of old processes are added up without knowing what their numbers mean.
    doubled = restored_totals({name: 2 * count for name, count in row.items()})
    assert doubled.requests == 2 * before.requests
    assert doubled.slowest_ms == after.slowest_ms


@pytest.mark.parametrize("key", [KEY, UNRESOLVED, OTHER_ROUTES, RouteKey("other", "/a b/")])
def test_name_of_a_stored_row_is_its_route(key: RouteKey) -> None:
    """MET-47"""
    assert key_of(name_of(key)) == key


def test_routes_of_many_versions_share_a_row() -> None:
    """MET-40"""
    table = started("one")
    for number in range(MAX_ROWS + 50):
        table.restore("older", RouteKey("GET", f"/{number}/"), totals(1))
    rows = table.rows()
    assert len(rows) == MAX_ROWS + 1
    assert sum(each.total.requests for each in rows) == MAX_ROWS + 50
