"""Memory is bounded whatever clients send, and nothing of it is kept but the pattern."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from live.metrics import route_meter
from live.metrics.refused_networks import OTHER_NETWORKS, RefusedNetworks, merged
from live.metrics.route_meter import MAX_TICKER_ENTRIES, RouteMeter
from live.metrics.route_totals import OTHER_ROUTES, UNRESOLVED, RouteKey
from live.metrics.slowest_requests import (
    MAX_IN_FRAME,
    MAX_PER_ROUTE,
    MAX_SHOWN,
    MINUTES,
    SECONDS_PER_MINUTE,
    SlowestRequests,
)
from live.metrics.url_patterns import pattern_of
from live.protocol.frames import EndedRequest

AT = datetime(2026, 11, 26, tzinfo=UTC)
LIST_ID = "8f14e45f-ceea-467a-9575-28dca1a0b3f1"


def scope(path: str, method: str = "GET", **options: Any) -> dict[str, Any]:
    return {"method": method, "path": path, "client": ("192.0.2.7", 5000), **options}


def send(meter: RouteMeter, path: str, status: int | None = 200, **options: Any) -> None:
    each = scope(path, **options)
    meter.end(meter.start(each), status, each)


def test_row_is_the_pattern_and_never_the_path() -> None:
    """MET-40"""
    meter = RouteMeter()
    send(meter, f"/api/shopping-lists/{LIST_ID}/", 429)
    send(meter, "/secret/of/ana", 404)
    send(meter, "/another", 404, method="DELETE")
    assert {key: totals.requests for key, totals in meter.routes.items()} == {
        RouteKey("GET", "/api/shopping-lists/<id:list_id>/"): 1,
        UNRESOLVED: 2,
    }


def test_root_path_is_not_a_part_of_the_pattern() -> None:
    meter = RouteMeter()
    send(meter, "/below/api/shopping-lists/", root_path="/below")
    assert list(meter.routes) == [RouteKey("GET", "/api/shopping-lists/")]


def test_invented_methods_share_a_row() -> None:
    """MET-40"""
    meter = RouteMeter()
    for number in range(50):
        send(meter, "/api/shopping-lists/", 405, method=f"METHOD{number}")
    assert list(meter.routes) == [RouteKey("other", "/api/shopping-lists/")]


def test_number_of_rows_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """MET-40"""
    monkeypatch.setattr(route_meter, "MAX_ROUTES", 2)
    monkeypatch.setattr(route_meter, "MAX_EXCEPTIONS", 2)
    meter = RouteMeter()
    paths = ["/", "/dashboard/", "/account/", "/signin/", "/dashboard/"]
    for path in paths:
        each = scope(path)
        record = meter.start(each)
        record.note_exception(ValueError("what ana typed"))
        meter.end(record, 500, each)
    assert len(meter.routes) == 3
    assert meter.routes[OTHER_ROUTES].requests == 2
    assert sum(row.count for row in meter.exceptions.values()) == len(paths)
    assert len(meter.exceptions) == 3
    assert "ana" not in str(list(meter.exceptions.values()))


def test_request_in_flight_has_the_pattern_of_its_path() -> None:
    """MET-43"""
    meter = RouteMeter()
    record = meter.start(each := scope(f"/lists/{LIST_ID}/"))
    (shown,) = meter.in_flight()
    assert (shown.route, shown.state, shown.user) == ("/lists/<id:list_id>/", "waiting", None)
    meter.end(record, None, each)
    assert (meter.in_flight(), meter.in_flight_count) == ([], 0)


def test_ticker_is_collected_only_while_it_is_watched() -> None:
    """MET-44"""
    meter = RouteMeter()
    send(meter, "/")
    assert meter.take_ticker() == ([], 0)
    meter.is_ticking = True
    for _ in range(MAX_TICKER_ENTRIES + 7):
        send(meter, "/")
    entries, omitted = meter.take_ticker()
    assert (len(entries), omitted) == (MAX_TICKER_ENTRIES, 7)
    assert meter.take_ticker() == ([], 0)


def test_networks_keep_their_sum_when_the_oldest_joins_all_others() -> None:
    """MET-45"""
    networks = RefusedNetworks(max_rows=3)
    for number in range(20):
        at = AT.replace(minute=number)
        networks.add(f"192.0.2.{number}", at, throttled=1, failed_sign_ins=2)
        networks.add("198.51.100.9", at, throttled=1, failed_sign_ins=0)
    rows = networks.rows()
    assert [row.network for row in rows[:3]] == ["198.51.100.9", "192.0.2.19", "192.0.2.18"]
    assert rows[3].network == OTHER_NETWORKS
    assert rows[0].throttled == 20
    assert sum(row.throttled for row in rows) == 40
    assert sum(row.failed_sign_ins for row in rows) == 40
    assert merged([*rows, *rows])[-1].failed_sign_ins == 2 * rows[3].failed_sign_ins


def add(slowest: SlowestRequests, milliseconds: float, route: str = "/") -> None:
    entry = EndedRequest(
        at=AT,
        method="GET",
        route=route,
        status=200,
        ms=milliseconds,
        queries=0,
        query_ms=0,
        request_id=None,
        user=None,
    )
    slowest.add(RouteKey("GET", route), milliseconds, lambda: entry)


def test_slowest_requests_of_each_route_are_kept() -> None:
    slowest = SlowestRequests()
    for milliseconds in range(100):
        add(slowest, milliseconds, "/slow/")
        add(slowest, milliseconds / 1000, "/fast/")
    kept = [(entry.route, entry.ms) for entry in slowest.entries()]
    assert kept == [
        *(("/slow/", milliseconds) for milliseconds in (99, 98, 97, 96, 95)),
        *(("/fast/", milliseconds / 1000) for milliseconds in (99, 98, 97, 96, 95)),
    ]


def test_slowest_requests_are_dropped_after_five_minutes() -> None:
    slowest = SlowestRequests()
    add(slowest, 500)
    for _ in range(MINUTES * SECONDS_PER_MINUTE):
        slowest.tick()
    assert [entry.ms for entry in slowest.entries()] == [500]
    for _ in range(SECONDS_PER_MINUTE):
        slowest.tick()
    assert slowest.entries() == ()


def test_number_of_slowest_requests_is_bounded() -> None:
    slowest = SlowestRequests()
    for number in range(300):
        for repeat in range(MAX_PER_ROUTE + 3):
            add(slowest, number + repeat / 10, f"/{number}/")
    entries = slowest.entries()
    assert len(entries) == MAX_IN_FRAME
    newest = [entry.ms for entry in entries[:MAX_SHOWN]]
    assert newest == sorted(newest, reverse=True)
    assert newest[0] == 299 + (MAX_PER_ROUTE + 2) / 10


def test_exception_names_the_code_that_raised_it() -> None:
    """MET-42"""
    each = scope("/")
    meter = RouteMeter()
    record = meter.start(each)
    try:
        pattern_of(None)  # type: ignore[arg-type]
    except TypeError as error:
        record.note_exception(error)
        record.note_exception(KeyError())
    assert record.raised is not None
    assert record.raised.kind == "TypeError"
    assert record.raised.code.startswith("live.metrics.url_patterns.pattern_of:")
