"""Any step and any window has true totals and the percentiles of all of its durations."""

from __future__ import annotations

from live.histogram import BOUNDS, bucket_of, merge_buckets, percentile
from live.history.counts import Counts
from live.history.rollup_content import RollupContent, RollupKey, contents_of
from live.history.slots import SlotCounts
from live.history.windows import (
    HEAT_BOUNDS_MS,
    WINDOWS,
    columns_of,
    heat_of,
    newest,
    points_of,
    start_of,
    totals_of,
)
from live.protocol.topics import REQUEST_WINDOWS


def content(started: int, milliseconds: float, **gauges: int) -> RollupContent:
    histogram = {bucket_of(milliseconds): started}
    counts = Counts(numbers={"started": started}, histograms={"latency": histogram})
    return RollupContent(counts=counts, gauges=gauges)


def test_every_window_has_a_topic_and_a_tier_that_is_kept_long_enough() -> None:
    from live.history.rollup_content import TIERS

    assert tuple(WINDOWS) == REQUEST_WINDOWS
    retention = {tier.step: tier.retention for tier in TIERS}
    for window in WINDOWS.values():
        assert retention[window.tier_step] >= window.length
        assert window.step % window.tier_step == 0
        assert window.length // window.step <= 360


def test_window_ends_with_the_point_of_this_moment() -> None:
    window = WINDOWS["24h"]
    start = start_of(window, 1_795_341_637.5)
    assert start % window.step == 0
    last = start + window.length - window.step
    assert last <= 1_795_341_637.5 < last + window.step


def test_slots_are_added_to_the_rollups_of_all_lengths() -> None:
    """MET-22"""
    slots = [SlotCounts(slot, content(2, 5).counts) for slot in (7200, 7210, 7270)]
    contents = contents_of(slots, {7210: {"sockets": 3}, 7220: {"sockets": 1}})
    assert {key: each.counts.numbers.get("started", 0) for key, each in contents.items()} == {
        RollupKey(10, 7200): 2,
        RollupKey(10, 7210): 2,
        RollupKey(10, 7220): 0,
        RollupKey(10, 7270): 2,
        RollupKey(60, 7200): 4,
        RollupKey(60, 7260): 2,
        RollupKey(3600, 7200): 6,
    }
    assert contents[RollupKey(3600, 7200)].gauges == {"sockets": 3}


def test_merged_point_has_the_percentiles_of_all_durations() -> None:
    """MET-22"""
    window = WINDOWS["24h"]
    fast, slow = content(90, 4, sockets=5), content(10, 900, sockets=2)
    points = points_of(window, [(600, fast), (660, slow), (900, fast), (200, slow)], first=600)
    columns = columns_of(points)
    assert columns["at"] == [600, 900]
    assert columns["started"] == [100, 90]
    assert columns["sockets"] == [5, 5]
    everything = merge_buckets({bucket_of(4): 90}, {bucket_of(900): 10})
    assert columns["latency_ms.p95"] == [
        percentile(everything, 0.95),
        percentile({bucket_of(4): 90}, 0.95),
    ]
    assert columns["delivery_ms.p50"] == [None, None]
    totals = totals_of(points)
    assert totals.counts["started"] == 190
    assert totals.latency_ms["p50"] == percentile(everything, 0.5)
    assert list(newest(points, 1)) == [900]


def test_time_in_which_nothing_ran_is_a_gap_and_idle_time_is_not() -> None:
    """MET-22"""
    idle = RollupContent(gauges={"sockets": 0})
    columns = columns_of(points_of(WINDOWS["1h"], [(10, idle), (40, content(1, 5))], first=0))
    assert columns["at"] == [10, 40]
    assert columns["started"] == [0, 1]
    assert columns["sockets"] == [0, None]


def test_row_of_a_heat_map_has_all_durations_within_four_percent() -> None:
    """MET-22"""
    bounds = (*HEAT_BOUNDS_MS, float("inf"))
    for bucket, bound in enumerate(BOUNDS):
        row, *counts = heat_of({bucket: 3})
        assert counts == [3]
        assert bound <= bounds[row] * 1.04
        assert row == 0 or bound / 1.04 > bounds[row - 1] / 1.04


def test_heat_map_has_each_duration_once_and_no_empty_rows_around() -> None:
    """MET-22"""
    durations = {bucket_of(5): 60, bucket_of(5.5): 1, bucket_of(9): 58, bucket_of(30): 2}
    first, *counts = heat_of(durations)
    assert HEAT_BOUNDS_MS[first] == 6.3
    assert counts == [61, 58, 0, 0, 2]
    assert heat_of({}) == []
    assert heat_of({0: 1, len(BOUNDS) - 1: 2}) == [0, 1, *[0] * (len(HEAT_BOUNDS_MS) - 1), 2]
    columns = columns_of(
        points_of(WINDOWS["1h"], [(10, content(4, 5)), (20, content(0, 5))], first=0)
    )
    assert columns["latency_ms.heat"][0] == [first, 4]
    assert columns["delivery_ms.heat"] == [[], []]
