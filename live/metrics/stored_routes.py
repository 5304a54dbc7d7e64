"""The totals of a route in the form in which they are stored: numbers that add up. Pure.

A row of the table is one entry of StoredTopic.totals. Its name is method and route, its numbers
are below. The slowest time is not among them, because a maximum does not add up; the highest
bucket has it, at most 4 % too high.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from live.histogram import BOUNDS
from live.metrics.route_totals import RouteCounts, RouteKey, RouteTotals

StoredRow = dict[str, int]

_STATUS, _BUCKET = "s", "b"
"""The first letters of the names that end with a status or with the number of a bucket."""


def name_of(key: RouteKey) -> str:
    """Return the name of a row. A method has no space in it."""
    return f"{key.method} {key.route}"


def key_of(name: str) -> RouteKey:
    """Return the route of a row."""
    method, _, route = name.partition(" ")
    return RouteKey(method, route)


def stored_row(counts: RouteCounts) -> StoredRow:
    """Return the numbers of a row, times in microseconds.

    They are rounded up: a total that is restored must not be lower than the one before it.
    """
    return {
        "aborted": counts.aborted,
        "errors": counts.errors,
        "queries": counts.queries,
        "time_us": ceil(counts.time_ms * 1000),
        "query_us": ceil(counts.query_ms * 1000),
        **{f"{_STATUS}{status}": count for status, count in counts.statuses},
        **{f"{_BUCKET}{bucket}": count for bucket, count in counts.buckets},
    }


def restored_totals(row: Mapping[str, int]) -> RouteTotals:
    """Return the totals of stored numbers. Unknown names are those of another version."""
    buckets = {b: count for b, count in _numbered(row, _BUCKET).items() if b < len(BOUNDS)}
    return RouteTotals(
        statuses=_numbered(row, _STATUS),
        aborted=row.get("aborted", 0),
        errors=row.get("errors", 0),
        time_ms=row.get("time_us", 0) / 1000,
        slowest_ms=BOUNDS[max(buckets)] if buckets else 0.0,
        buckets=buckets,
        queries=row.get("queries", 0),
        query_ms=row.get("query_us", 0) / 1000,
    )


def _numbered(row: Mapping[str, int], prefix: str) -> dict[int, int]:
    return {
        int(name[1:]): count
        for name, count in row.items()
        if name[:1] == prefix and name[1:].isdecimal()
    }
