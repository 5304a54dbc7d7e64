"""Histograms with the usual bounds come from the fine ones, and are counters that add up."""

from __future__ import annotations

import random

import pytest

from live.histogram import bucket_of
from live.metrics.duration_totals import BOUNDS_SECONDS, counters_of, durations_of, is_duration


def buckets_of(durations: list[float]) -> dict[int, int]:
    """Return the fine buckets of durations in ms."""
    buckets: dict[int, int] = {}
    for milliseconds in durations:
        bucket = bucket_of(milliseconds)
        buckets[bucket] = buckets.get(bucket, 0) + 1
    return buckets


def test_each_bound_has_all_durations_below_it_but_for_four_percent():
    """MET-5"""
    source = random.Random(4)
    milliseconds = [source.lognormvariate(3, 2) for _ in range(20_000)]
    durations = durations_of("latency", counters_of({"latency": buckets_of(milliseconds)}))
    assert durations.total == len(milliseconds)
    for bound, count in zip(BOUNDS_SECONDS, durations.cumulative, strict=True):
        not_above = sum(each <= bound * 1000 for each in milliseconds)
        clearly_below = sum(each * 1.04 <= bound * 1000 for each in milliseconds)
        assert clearly_below <= count <= not_above, bound
    assert list(durations.cumulative) == sorted(durations.cumulative)
    assert durations.sum_seconds == pytest.approx(sum(milliseconds) / 1000, rel=0.02)


def test_counters_never_fall_and_add_up():
    """MET-5"""
    source = random.Random(5)
    buckets: dict[int, int] = {}
    before: dict[str, int] = {}
    for _ in range(500):
        bucket = bucket_of(source.lognormvariate(-3, 3))
        buckets[bucket] = buckets.get(bucket, 0) + 1
        after = counters_of({"delivery": buckets})
        assert all(after[name] >= count for name, count in before.items())
        before = after
    doubled = {name: 2 * count for name, count in before.items()}
    assert durations_of("delivery", doubled).total == 1000


def test_histogram_without_durations_is_all_zero():
    """MET-5"""
    durations = durations_of("latency", counters_of({"delivery": {30: 1}}))
    assert (set(durations.cumulative), durations.total, durations.sum_seconds) == ({0}, 0, 0.0)


def test_counters_of_histograms_are_told_from_others():
    """MET-5"""
    assert all(map(is_duration, counters_of({"latency": {1: 1}})))
    assert not any(map(is_duration, ("started", "2xx", "delivered")))
