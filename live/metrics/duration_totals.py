"""Durations in few buckets with the usual bounds, for tools that collect them. Pure.

The histograms of Trolley have 529 buckets. Here they become counters beside the other totals
of a process: so they are added up, stored and restored like those, and never fall.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate
from math import sqrt
from typing import NamedTuple

from live.histogram import BOUNDS, GROWTH, BucketCounts

BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the buckets. One more bucket has everything above."""

CounterTotals = dict[str, int]

_COARSE = tuple(bisect_left(BOUNDS_SECONDS, bound / 1000) for bound in BOUNDS)
"""For each bucket of a histogram the first one here that has all of it."""
_MEAN_MICROSECONDS = tuple(bound / sqrt(GROWTH) * 1000 for bound in BOUNDS)


class Durations(NamedTuple):
    """How many durations were not longer than each bound, how many there were, and their sum."""

    cumulative: tuple[int, ...]
    total: int
    sum_seconds: float


def counters_of(histograms: Mapping[str, BucketCounts]) -> CounterTotals:
    """Return the counters of histograms. Their names have a space, those of others have none."""
    counters: CounterTotals = {}
    for name, buckets in histograms.items():
        for bucket, count in buckets.items():
            coarse = f"{name} {_COARSE[bucket]}"
            counters[coarse] = counters.get(coarse, 0) + count
            # A bucket is 4 % wide, so the sum is at most 2 % off.
            microseconds = round(count * _MEAN_MICROSECONDS[bucket])
            counters[f"{name} us"] = counters.get(f"{name} us", 0) + microseconds
    return counters


def is_duration(name: str) -> bool:
    """Tell whether a counter belongs to a histogram."""
    return " " in name


def durations_of(name: str, counters: Mapping[str, int]) -> Durations:
    """Return the durations of a histogram from counters that were added up."""
    counts = [counters.get(f"{name} {bucket}", 0) for bucket in range(len(BOUNDS_SECONDS) + 1)]
    *cumulative, total = accumulate(counts)
    return Durations(tuple(cumulative), total, counters.get(f"{name} us", 0) / 1_000_000)
