"""The topic `ops:routes`: the requests of all processes, by route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from live.metrics.route_meter import MAX_OPEN_SHOWN, RouteMeter
from live.metrics.route_table import ProcessRequests, Remainder, RouteTable
from live.metrics.route_totals import RouteCounts, RouteKey
from live.metrics.stored_routes import StoredRow, key_of, name_of, restored_totals, stored_row
from live.protocol import frames
from live.protocol.topics import ROUTES

COMPLETE_INTERVAL = 10
"""Frames after which all rows are sent: a client that did not keep up may have missed some."""


class RoutesTopic:
    """Joins the meter of this process and the table of all processes.

    It is a DashboardTopic, and a StoredTopic: the totals of its rows survive restarts.
    `subscribers` returns the current subscribers. A new one gets a complete frame.
    """

    name = ROUTES

    def __init__(self, meter: RouteMeter, subscribers: Callable[[], Iterable[object]]) -> None:
        self._meter = meter
        self._subscribers = subscribers
        self._table = RouteTable()
        self._counts: dict[RouteKey, RouteCounts] = {}
        """What the meter had counted when the totals were asked for."""
        self._requests: dict[RouteKey, int] = {}
        """The number of requests in each of them: without a new one, nothing has changed."""
        self._stored: dict[str, StoredRow] = {}
        self._sent_routes: dict[RouteKey, RouteCounts] = {}
        self._sent: dict[str, Any] = {}
        self._served: set[object] = set()
        self._frame_number = 0
        self._is_complete = True
        self._active_keys: set[RouteKey] = set()
        self._changed_keys: set[RouteKey] = set()
        self._shown: Remainder | None = None

    def totals(self) -> dict[str, dict[str, int]]:
        """Return what this process has counted, by method and route."""
        for key, totals in self._meter.routes.items():
            if self._requests.get(key) != totals.requests:
                self._requests[key] = totals.requests
                self._counts[key] = totals.counts(key)
                self._stored[name_of(key)] = stored_row(self._counts[key])
        return dict(self._stored)

    def restore(self, process: str, totals: dict[str, dict[str, int]]) -> None:
        """Take over what another process had counted."""
        for name, row in totals.items():
            self._table.restore(process, key_of(name), restored_totals(row))

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return what changed, as one ProcessRequests."""
        self._meter.slowest.tick()
        if everything:
            self._sent_routes.clear()
            self._sent.clear()
        counts = ProcessRequests(
            routes=self._changed_routes(),
            exceptions=self._if_changed("exceptions", tuple(self._meter.exceptions.values())),
            networks=self._if_changed("networks", self._meter.networks.rows()),
            in_flight_count=self._meter.in_flight_count,
        )
        if is_watched:
            counts.slowest = self._if_changed("slowest", self._meter.slowest.entries())
            counts.in_flight = self._meter.in_flight()
        return [msgspec.to_builtins(counts)]

    def _changed_routes(self) -> list[RouteCounts]:
        changed = {
            key: counts
            for key, counts in self._counts.items()
            if self._sent_routes.get(key) is not counts
        }
        self._sent_routes.update(changed)
        return list(changed.values())

    def _if_changed(self, part: str, value: tuple[Any, ...]) -> list[Any] | None:
        if self._sent.get(part, ()) == value:
            return None
        self._sent[part] = value
        return list(value)

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process has counted."""
        for each in msgspec.convert(counts, list[ProcessRequests]):
            self._table.put(process, each)

    def remove(self, process: str) -> None:
        """Keep what a stopped process has counted."""
        self._table.remove(process)

    def advance(self) -> None:
        """Begin the next second of the last minute, and choose what the frame has."""
        self._table.advance()
        before, self._served = self._served, set(self._subscribers())
        if not self._served:
            return
        self._frame_number += 1
        is_new = bool(self._served - before)
        self._is_complete = is_new or self._frame_number % COMPLETE_INTERVAL == 0
        active = self._table.active()
        # A row whose last request was a minute ago changes once more.
        self._changed_keys = active | self._active_keys
        self._active_keys = active

    def frame(self, at: datetime) -> frames.Routes:
        """Return the frame for subscribers: what changed since the last one, or all of it."""
        is_complete = self._is_complete
        part = self._table.remainder(at)
        before, self._shown = None if is_complete else self._shown, part
        in_flight, in_flight_count = self._table.in_flight(MAX_OPEN_SHOWN)
        return frames.Routes(
            topic=ROUTES,
            at=at,
            is_complete=is_complete,
            rows=self._table.rows(None if is_complete else self._changed_keys),
            exceptions=None if before and before.exceptions == part.exceptions else part.exceptions,
            networks=None if before and before.networks == part.networks else part.networks,
            slowest=None if before and before.slowest == part.slowest else part.slowest,
            in_flight=in_flight,
            in_flight_count=in_flight_count,
        )
