"""Counters only increase; percentiles are accurate to one fifth."""

from __future__ import annotations

import threading

import pytest

from live.counters import WINDOW_SECONDS, Counters, Histogram, merge_buckets, percentile


def test_percentile_is_none_without_durations():
    assert percentile({}, 0.5) is None


@pytest.mark.parametrize("value", [0.3, 1, 8.1, 84, 900, 12_000])
def test_percentile_is_at_most_one_fifth_too_high(value):
    histogram = Histogram()
    histogram.observe(value)
    estimate = percentile(histogram.buckets(), 0.99)
    assert value <= estimate <= value * 1.2


def test_percentiles_increase_with_their_share():
    histogram = Histogram()
    for value in range(1, 101):
        histogram.observe(value)
    percentiles = [percentile(histogram.buckets(), share) for share in (0.5, 0.95, 0.99)]
    assert percentiles == sorted(percentiles)
    assert 50 <= percentiles[0] <= 60


def test_histogram_drops_durations_older_than_window():
    histogram = Histogram()
    histogram.observe(5)
    for _ in range(WINDOW_SECONDS - 1):
        histogram.tick()
    assert sum(histogram.buckets().values()) == 1
    histogram.tick()
    assert histogram.buckets() == {}


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
