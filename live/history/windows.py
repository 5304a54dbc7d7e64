"""The windows of the dashboard as columns: true totals and percentiles of any step. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from live.histogram import BOUNDS, BucketCounts, merge_buckets, percentiles
from live.history.rollup_content import GAUGES, RollupContent, merged
from live.protocol import frames


class Window(NamedTuple):
    """A window: its length, the length of a point, and of the rollups that it is made of.

    All in seconds.
    """

    length: int
    step: int
    tier_step: int


WINDOWS: Mapping[str, Window] = {
    "5m": Window(length=300, step=10, tier_step=10),
    "1h": Window(length=3600, step=10, tier_step=10),
    "6h": Window(length=6 * 3600, step=60, tier_step=60),
    "24h": Window(length=86_400, step=300, tier_step=60),
    "7d": Window(length=7 * 86_400, step=3600, tier_step=3600),
}
NUMBERS = (
    "started",
    "finished",
    "changes",
    "delivered",
    "repairs",
    "resumed",
    "snapshots",
    "1xx",
    "2xx",
    "3xx",
    "4xx",
    "5xx",
)
PERCENTILES = {
    "latency_ms": ("latency", {"p50": 0.5, "p95": 0.95, "p99": 0.99}),
    "delivery_ms": ("delivery", {"p50": 0.5, "p95": 0.95, "p99": 0.99}),
}
"""Columns, the histograms that they come from, and their shares."""
HEAT_BOUNDS_MS: tuple[float, ...] = (
    *(0.4, 0.63, 1, 1.6, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630),
    *(1000, 1600, 2500, 4000, 6300, 10_000),
)
"""Upper bounds of the rows of a heat map, five in each decade; one more row has all above."""

Points = dict[int, RollupContent]
"""The contents of points, by their start (Unix time in seconds)."""


def start_of(window: Window, now: float) -> int:
    """Return the start of the first point: the last one contains `now`."""
    return int(now) // window.step * window.step - window.length + window.step


def points_of(
    window: Window, contents: Iterable[tuple[int, RollupContent]], *, first: int
) -> Points:
    """Merge contents (each with its start) into the points of a window, in order."""
    parts: dict[int, list[RollupContent]] = {}
    for start, content in contents:
        point = start // window.step * window.step
        if point >= first:
            parts.setdefault(point, []).append(content)
    return {point: merged(parts[point]) for point in sorted(parts)}


def columns_of(points: Points) -> dict[str, list[Any]]:
    """Return a column for each value. A time without a point is a gap: nothing ran then."""
    contents = list(points.values())
    columns: dict[str, list[Any]] = {"at": list(points)}
    for name in NUMBERS:
        columns[name] = [content.counts.numbers.get(name, 0) for content in contents]
    for name in GAUGES:
        columns[name] = [content.gauges.get(name) for content in contents]
    for prefix, (histogram, shares) in PERCENTILES.items():
        buckets = [content.counts.histograms.get(histogram, {}) for content in contents]
        rows = [percentiles(each, list(shares.values())) for each in buckets]
        for position, label in enumerate(shares):
            columns[f"{prefix}.{label}"] = [row[position] for row in rows]
        columns[f"{prefix}.heat"] = [heat_of(each) for each in buckets]
    return columns


def totals_of(points: Points) -> frames.WindowTotals:
    """Return the sums of a whole window, and the percentiles of its merged histograms."""
    all_counts = [content.counts for content in points.values()]
    values_of: dict[str, dict[str, frames.Number | None]] = {}
    for prefix, (histogram, shares) in PERCENTILES.items():
        buckets = merge_buckets(*(counts.histograms.get(histogram, {}) for counts in all_counts))
        values = percentiles(buckets, list(shares.values()))
        values_of[prefix] = dict(zip(shares, values, strict=True))
    return frames.WindowTotals(
        counts={
            name: sum(counts.numbers.get(name, 0) for counts in all_counts) for name in NUMBERS
        },
        latency_ms=values_of["latency_ms"],
        delivery_ms=values_of["delivery_ms"],
    )


def heat_of(buckets: BucketCounts) -> list[int]:
    """Return the first row of a heat map that is not empty, then the counts from it upwards.

    Nothing follows the last row that is not empty; without durations the list is empty. A
    duration near a bound may be in the row beside its own, if it is less than 4 % off.
    """
    counts = [0] * (len(HEAT_BOUNDS_MS) + 1)
    for bucket, count in buckets.items():
        counts[_HEAT_ROWS[bucket]] += count
    filled = [row for row, count in enumerate(counts) if count]
    return [filled[0], *counts[filled[0] : filled[-1] + 1]] if filled else []


def newest(points: Points, count: int) -> Points:
    """Return the last points."""
    return dict(list(points.items())[-count:])


def _heat_rows(bounds: Sequence[float]) -> list[int]:
    # A bucket belongs where its middle is.
    return [bisect_left(HEAT_BOUNDS_MS, bound / 1.02) for bound in bounds]


_HEAT_ROWS = _heat_rows(BOUNDS)
