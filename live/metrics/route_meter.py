"""Counts the requests of this process by route, and what was refused or failed.

It keeps a bounded number of plain numbers and of rows. Only the event loop calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from live.metrics.refused_networks import RefusedNetworks
from live.metrics.request_facts import route_of, user_of
from live.metrics.request_record import SCOPE_KEY, RequestRecord
from live.metrics.route_totals import OTHER_ROUTES, UNRESOLVED, RouteKey, RouteTotals
from live.metrics.slowest_requests import SlowestRequests
from live.metrics.url_patterns import pattern_of
from live.protocol.frames import EndedRequest, ExceptionRow, OpenRequest
from rest.client_address import scope_network

MAX_ROUTES = 200
"""Rows of methods and URL patterns. Trolley has fewer patterns, and a method has a few of them."""
MAX_EXCEPTIONS = 100
OTHER_EXCEPTIONS = "other"
MAX_TICKER_ENTRIES = 50
"""Entries of the ticker in one second of one process."""
MAX_OPEN_SHOWN = 20


class ExceptionKey(NamedTuple):
    """A row of the exceptions: the type, and the route of the request."""

    kind: str
    key: RouteKey


class RouteMeter:
    """Counts requests when they end, and knows those in flight."""

    def __init__(self) -> None:
        self.routes: dict[RouteKey, RouteTotals] = {}
        self.exceptions: dict[ExceptionKey, ExceptionRow] = {}
        self.networks = RefusedNetworks()
        self.slowest = SlowestRequests()
        self.is_ticking = False
        """Whether the ticker is watched: only then its entries are collected."""
        self.omitted = 0
        self._ticker: list[EndedRequest] = []
        self._in_flight: dict[RequestRecord, None] = {}

    def start(self, scope: Any) -> RequestRecord:
        """Return the record of a request that begins, and put it into the scope."""
        record = RequestRecord(scope)
        scope[SCOPE_KEY] = record
        self._in_flight[record] = None
        return record

    def end(self, record: RequestRecord, status: int | None, scope: Mapping[str, Any]) -> None:
        """Count a request that has ended; `status` is None if its client got no response."""
        self._in_flight.pop(record, None)
        milliseconds = record.milliseconds
        key = _key_of(record)
        self._totals(key).add_request(
            status,
            milliseconds,
            is_error=record.raised is not None or (status or 0) >= 500,
            queries=record.queries,
            query_ms=record.query_seconds * 1000,
        )
        if record.raised is not None:
            self._add_exception(record, key)
        if status == 429 or record.failed_sign_ins:
            self._add_network(record, status, scope)
        self.slowest.add(
            key, milliseconds, lambda: _ended_request(record, key, status, milliseconds)
        )
        if self.is_ticking:
            self._add_to_ticker(_ended_request(record, key, status, milliseconds))

    def take_ticker(self) -> tuple[list[EndedRequest], int]:
        """Return the requests that ended since the last call, and how many more there were."""
        taken = self._ticker, self.omitted
        self._ticker, self.omitted = [], 0
        return taken

    @property
    def in_flight_count(self) -> int:
        """The number of requests in flight."""
        return len(self._in_flight)

    @property
    def running_count(self) -> int:
        """The number of requests that a view works at: each of them occupies a thread."""
        return sum(record.state == "running" for record in self._in_flight)

    def in_flight(self) -> list[OpenRequest]:
        """Return the oldest requests in flight."""
        oldest = [record for record, _ in zip(self._in_flight, range(MAX_OPEN_SHOWN), strict=False)]
        return [_open_request(record) for record in oldest]

    def _totals(self, key: RouteKey) -> RouteTotals:
        totals = self.routes.get(key)
        if totals is None:
            is_full = len(self.routes) >= MAX_ROUTES
            totals = self.routes.setdefault(OTHER_ROUTES if is_full else key, RouteTotals())
        return totals

    def _add_exception(self, record: RequestRecord, key: RouteKey) -> None:
        assert record.raised is not None
        kind, code = record.raised
        if (kind, key) not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTIONS:
            kind, key, code = OTHER_EXCEPTIONS, OTHER_ROUTES, ""
        before = self.exceptions.get(ExceptionKey(kind, key))
        self.exceptions[ExceptionKey(kind, key)] = ExceptionRow(
            kind=kind,
            method=key.method,
            route=key.route,
            count=1 if before is None else before.count + 1,
            newest=datetime.now(UTC),
            request_id=record.request_id,
            code=code,
        )

    def _add_network(
        self, record: RequestRecord, status: int | None, scope: Mapping[str, Any]
    ) -> None:
        self.networks.add(
            scope_network(scope),
            datetime.now(UTC),
            throttled=int(status == 429),
            failed_sign_ins=record.failed_sign_ins,
        )

    def _add_to_ticker(self, entry: EndedRequest) -> None:
        if len(self._ticker) < MAX_TICKER_ENTRIES:
            self._ticker.append(entry)
        else:
            self.omitted += 1


route_meter = RouteMeter()
"""The requests of this process."""


def _key_of(record: RequestRecord) -> RouteKey:
    if record.route is None:
        record.route = pattern_of(record.path)
    return RouteKey(record.method, record.route) if record.route else UNRESOLVED


def _ended_request(
    record: RequestRecord, key: RouteKey, status: int | None, milliseconds: float
) -> EndedRequest:
    return EndedRequest(
        at=datetime.fromtimestamp(record.wall_time, UTC),
        method=record.method,
        route=key.route,
        status=status,
        ms=round(milliseconds, 2),
        queries=record.queries,
        query_ms=round(record.query_seconds * 1000, 2),
        request_id=record.request_id,
        user=record.user,
    )


def _open_request(record: RequestRecord) -> OpenRequest:
    # Read once: the thread of the request sets it to None when the view has ended.
    request = record.request
    route, user = (record.route, record.user)
    if request is not None:
        route, user = route_of(request), user_of(request)
    return OpenRequest(
        method=record.method,
        route=pattern_of(record.path) if route is None else route,
        state=record.state,
        ms=round(record.milliseconds, 1),
        request_id=record.request_id,
        user=user,
    )
