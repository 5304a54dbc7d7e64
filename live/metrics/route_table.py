"""Adds up the requests that all processes counted by route. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from live.histogram import WINDOW_SECONDS
from live.metrics.refused_networks import merged
from live.metrics.route_totals import OTHER_ROUTES, RouteCounts, RouteKey, RouteTotals
from live.metrics.slowest_requests import is_recent, select
from live.protocol.frames import EndedRequest, ExceptionRow, NetworkRow, OpenRequest, RouteRow

MAX_ROWS = 400
"""Routes of all processes; further ones share a row."""


class ProcessRequests(msgspec.Struct, kw_only=True):
    """What one process counted since it started, as far as it changed; None is unchanged.

    The last three are collected only while the topic is watched.
    """

    routes: list[RouteCounts]
    exceptions: list[ExceptionRow] | None = None
    networks: list[NetworkRow] | None = None
    slowest: list[EndedRequest] | None = None
    in_flight: list[OpenRequest] = []
    in_flight_count: int = 0


class _Process:
    """The last counts of one process."""

    def __init__(self) -> None:
        self.routes: dict[RouteKey, RouteTotals] = {}
        self.exceptions: list[ExceptionRow] = []
        self.networks: list[NetworkRow] = []
        self.slowest: list[EndedRequest] = []
        self.in_flight: list[OpenRequest] = []
        self.in_flight_count = 0


class Remainder(NamedTuple):
    """What the frame has beside the rows."""

    exceptions: tuple[ExceptionRow, ...]
    networks: tuple[NetworkRow, ...]
    slowest: tuple[EndedRequest, ...]


class RouteTable:
    """The last counts of each process, their sum, and the sum of the last minute."""

    def __init__(self) -> None:
        self._processes: dict[str, _Process] = {}
        self._totals: dict[RouteKey, RouteTotals] = {}
        self._this_second: dict[RouteKey, RouteTotals] = {}
        self._seconds: deque[dict[RouteKey, RouteTotals]] = deque(maxlen=WINDOW_SECONDS)

    def put(self, name: str, counts: ProcessRequests) -> None:
        """Store what a process has counted. Rows that it leaves out are the same as before.

        What a process counted before its first message is in the totals only: it may have
        started long ago.
        """
        is_new = name not in self._processes
        process = self._processes.setdefault(name, _Process())
        for row in counts.routes:
            self._put_route(process, row, is_new=is_new)
        for part in ("exceptions", "networks", "slowest"):
            value = getattr(counts, part)
            if value is not None:
                setattr(process, part, value)
        process.in_flight, process.in_flight_count = counts.in_flight, counts.in_flight_count

    def restore(self, name: str, key: RouteKey, totals: RouteTotals) -> None:
        """Add what a process had stored of a route, if that is more than it has sent."""
        process = self._processes.setdefault(name, _Process())
        self._add(process, key, totals)

    def _put_route(self, process: _Process, row: RouteCounts, *, is_new: bool) -> None:
        key = RouteKey(row.method, row.route)
        added = self._add(process, key, RouteTotals.of(row))
        if added is not None and not is_new:
            self._this_second.setdefault(self._row_of(key), RouteTotals()).add(added)

    def _add(self, process: _Process, key: RouteKey, totals: RouteTotals) -> RouteTotals | None:
        """Add what is new of a process, and return it; None if more is known already."""
        before = process.routes.get(key, RouteTotals())
        if totals.requests < before.requests:
            return None
        process.routes[key] = totals
        added = totals.since(before)
        self._totals.setdefault(self._row_of(key), RouteTotals()).add(added)
        return added

    def _row_of(self, key: RouteKey) -> RouteKey:
        """Return the row of a route. Stored routes may be those of many older versions."""
        is_full = len(self._totals) >= MAX_ROWS
        return OTHER_ROUTES if is_full and key not in self._totals else key

    def remove(self, name: str) -> None:
        """Note that a process has stopped: it has no more requests in flight."""
        if process := self._processes.get(name):
            process.in_flight, process.in_flight_count = [], 0

    def advance(self) -> None:
        """Begin the next second."""
        self._seconds.append(self._this_second)
        self._this_second = {}

    def rows(self, keys: Iterable[RouteKey] | None = None) -> tuple[RouteRow, ...]:
        """Return the rows of these routes, or of all."""
        minute = self._last_minute()
        chosen = self._totals if keys is None else keys
        return tuple(
            RouteRow(
                method=key.method,
                route=key.route,
                total=self._totals[key].figures(),
                last_minute=minute[key].figures() if key in minute else None,
            )
            for key in sorted(chosen)
        )

    def active(self) -> set[RouteKey]:
        """Return the routes with requests in the last minute."""
        return {key for second in self._seconds for key in second}

    def _last_minute(self) -> dict[RouteKey, RouteTotals]:
        minute: dict[RouteKey, RouteTotals] = {}
        for second in self._seconds:
            for key, totals in second.items():
                minute.setdefault(key, RouteTotals()).add(totals)
        return minute

    def remainder(self, now: datetime) -> Remainder:
        """Return exceptions, networks and the slowest requests of all processes."""
        processes = self._processes.values()
        return Remainder(
            _merged_exceptions(row for process in processes for row in process.exceptions),
            merged(row for process in processes for row in process.networks),
            select(
                entry for process in processes for entry in process.slowest if is_recent(entry, now)
            ),
        )

    def in_flight(self, limit: int) -> tuple[tuple[OpenRequest, ...], int]:
        """Return the oldest requests in flight, and how many there are."""
        processes = self._processes.values()
        entries = [entry for process in processes for entry in process.in_flight]
        entries.sort(key=lambda entry: entry.ms, reverse=True)
        return tuple(entries[:limit]), sum(process.in_flight_count for process in processes)


def _merged_exceptions(rows: Iterable[ExceptionRow]) -> tuple[ExceptionRow, ...]:
    """Return one row for each type and route, newest first."""
    newest: dict[tuple[str, str, str], ExceptionRow] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row.kind, row.method, row.route)
        counts[key] = counts.get(key, 0) + row.count
        if key not in newest or row.newest > newest[key].newest:
            newest[key] = row
    merged_rows = (msgspec.structs.replace(row, count=counts[key]) for key, row in newest.items())
    return tuple(sorted(merged_rows, key=lambda row: row.newest, reverse=True))
