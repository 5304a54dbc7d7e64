"""The sum of any number of requests of one route. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from live.histogram import (
    BOUNDS,
    BucketCounts,
    bucket_of,
    merge_buckets,
    percentile,
    subtract_buckets,
)
from live.protocol.frames import TIME_BOUNDS_MS, RouteFigures


class RouteKey(NamedTuple):
    """A row of the table: a method, and a URL pattern of Django's resolver."""

    method: str
    route: str


UNRESOLVED = RouteKey("", "")
"""All requests whose path has no view."""
OTHER_ROUTES = RouteKey("", "other")
"""All requests of routes beyond those that are counted one by one."""


class RouteCounts(msgspec.Struct, kw_only=True):
    """The totals of one route as one process sends them to the others.

    Dictionaries with integer keys are pairs, because not every channel layer keeps such keys.
    """

    method: str
    route: str
    statuses: list[tuple[int, int]]
    aborted: int
    errors: int
    time_ms: float
    slowest_ms: float
    buckets: list[tuple[int, int]]
    queries: int
    query_ms: float


@dataclass(slots=True)
class RouteTotals:
    """The sum of requests. `statuses` has no entry for aborted ones, which got no response."""

    statuses: dict[int, int] = field(default_factory=dict)
    aborted: int = 0
    errors: int = 0
    time_ms: float = 0.0
    slowest_ms: float = 0.0
    buckets: BucketCounts = field(default_factory=dict)
    queries: int = 0
    query_ms: float = 0.0

    def add_request(
        self,
        status: int | None,
        milliseconds: float,
        *,
        is_error: bool,
        queries: int,
        query_ms: float,
    ) -> None:
        """Add one request; `status` is None if its client left before the response.

        The time of such a request says how long its client waited, not how long it took.
        """
        self.errors += is_error
        self.queries += queries
        self.query_ms += query_ms
        if status is None:
            self.aborted += 1
            return
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.time_ms += milliseconds
        self.slowest_ms = max(self.slowest_ms, milliseconds)
        bucket = bucket_of(milliseconds)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(self.statuses.values()) + self.aborted

    def add(self, other: RouteTotals) -> None:
        """Add other requests."""
        self.statuses = _sum(self.statuses, other.statuses)
        self.aborted += other.aborted
        self.errors += other.errors
        self.time_ms += other.time_ms
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.buckets = merge_buckets(self.buckets, other.buckets)
        self.queries += other.queries
        self.query_ms += other.query_ms

    def since(self, before: RouteTotals) -> RouteTotals:
        """Return the requests that were added after an earlier state of these totals.

        Their slowest time is at most 4 % too high, and exact if it is the slowest of all.
        """
        buckets = subtract_buckets(self.buckets, before.buckets)
        slowest = BOUNDS[max(buckets)] if buckets else 0.0
        return RouteTotals(
            statuses=subtract_buckets(self.statuses, before.statuses),
            aborted=max(0, self.aborted - before.aborted),
            errors=max(0, self.errors - before.errors),
            time_ms=max(0.0, self.time_ms - before.time_ms),
            slowest_ms=min(slowest, self.slowest_ms),
            buckets=buckets,
            queries=max(0, self.queries - before.queries),
            query_ms=max(0.0, self.query_ms - before.query_ms),
        )

    def counts(self, key: RouteKey) -> RouteCounts:
        """Return these totals in the form in which they are sent."""
        return RouteCounts(
            method=key.method,
            route=key.route,
            statuses=list(self.statuses.items()),
            aborted=self.aborted,
            errors=self.errors,
            time_ms=self.time_ms,
            slowest_ms=self.slowest_ms,
            buckets=list(self.buckets.items()),
            queries=self.queries,
            query_ms=self.query_ms,
        )

    @classmethod
    def of(cls, counts: RouteCounts) -> RouteTotals:
        """Return the totals that a process has sent."""
        return cls(
            statuses=dict(counts.statuses),
            aborted=counts.aborted,
            errors=counts.errors,
            time_ms=counts.time_ms,
            slowest_ms=counts.slowest_ms,
            buckets=dict(counts.buckets),
            queries=counts.queries,
            query_ms=counts.query_ms,
        )

    def figures(self) -> RouteFigures:
        """Return what the dashboard shows of these requests."""
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        return RouteFigures(
            requests=self.requests,
            statuses={str(status): count for status, count in sorted(self.statuses.items())},
            aborted=self.aborted,
            errors=self.errors,
            time_ms=round(self.time_ms, 2),
            latency_ms={name: self._percentile(share) for name, share in shares.items()},
            slowest_ms=round(self.slowest_ms, 2),
            histogram=_histogram(self.buckets),
            queries=self.queries,
            query_ms=round(self.query_ms, 2),
        )

    def _percentile(self, share: float) -> float | None:
        value = percentile(self.buckets, share)
        # The bound of the last bucket is above the slowest request.
        return None if value is None else min(value, round(self.slowest_ms, 2))


def _sum(first: Mapping[int, int], second: Mapping[int, int]) -> dict[int, int]:
    return merge_buckets(dict(first), dict(second))


def _bar_of(bound: float) -> int:
    bars = (bar for bar, limit in enumerate(TIME_BOUNDS_MS) if bound <= limit)
    return next(bars, len(TIME_BOUNDS_MS))


_BARS = tuple(map(_bar_of, BOUNDS))


def _histogram(buckets: BucketCounts) -> tuple[int, ...]:
    bars = [0] * (len(TIME_BOUNDS_MS) + 1)
    for bucket, count in buckets.items():
        bars[_BARS[bucket]] += count
    return tuple(bars)
