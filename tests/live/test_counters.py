"""Counters only increase; percentiles are at most 4 % too high."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from live.counters import Counters
from live.histogram import (
    BOUNDS,
    WINDOW_SECONDS,
    Histogram,
    bucket_of,
    merge_buckets,
    percentile,
    subtract_buckets,
)


def test_percentile_is_none_without_durations():
    assert percentile({}, 0.5) is None


@pytest.mark.parametrize("value", [0.0004, 0.3, 1, 8.1, 84, 900, 12_000])
def test_percentile_is_at_most_four_percent_too_high(value):
    histogram = Histogram()
    histogram.observe(value)
    estimate = percentile(histogram.buckets(), 0.99)
    rounding = 1.005
    assert value / rounding <= estimate <= value * 1.04 * rounding


def test_bucket_is_the_first_whose_bound_is_not_below_the_duration():
    for number, bound in enumerate(BOUNDS):
        assert bucket_of(bound) in {number, min(number + 1, len(BOUNDS) - 1)}
        assert BOUNDS[bucket_of(bound * 0.999)] >= bound * 0.999
    assert bucket_of(0) == 0
    assert bucket_of(1e9) == len(BOUNDS) - 1


def test_duration_is_counted_in_its_bucket_when_it_follows_one_of_another_bucket():
    durations = [0, 0.2, 0.2001, 0.21, 0.2, 5, *BOUNDS[:3], 1e9, 1e9, 0.0001, -1, 1e9]
    histogram = Histogram()
    for duration in durations:
        histogram.observe(duration)
    assert histogram.buckets() == Counter(map(bucket_of, durations))


def test_percentiles_increase_with_their_share():
    histogram = Histogram()
    for value in range(1, 101):
        histogram.observe(value)
    percentiles = [percentile(histogram.buckets(), share) for share in (0.5, 0.95, 0.99)]
    assert percentiles == sorted(percentiles)
    assert 50 <= percentiles[0] <= 52.3


def test_histogram_drops_durations_older_than_window():
    histogram = Histogram()
    histogram.observe(5)
    for _ in range(WINDOW_SECONDS - 1):
        histogram.tick()
    assert sum(histogram.buckets().values()) == 1
    histogram.tick()
    assert histogram.buckets() == {}


def test_what_was_counted_between_two_states_is_their_difference():
    assert subtract_buckets({1: 3, 2: 1, 3: 1}, {1: 2, 2: 1}) == {1: 1, 3: 1}


def test_histograms_of_processes_are_added_up():
    assert merge_buckets({1: 2, 3: 1}, {1: 1}) == {1: 3, 3: 1}


def test_counter_is_exact_when_threads_count_in_parallel():
    counters = Counters()

    def work() -> None:
        for _ in range(2_000):
            counters.request_started()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.started == 8_000


def test_responses_are_counted_by_status_class():
    counters = Counters()
    counters.response_sent(204, 1.0)
    counters.response_sent(503, 1.0)
    assert (counters.status["2xx"], counters.status["5xx"]) == (1, 1)
