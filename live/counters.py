"""The counters of one process: plain numbers, added to and never published from here."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from itertools import accumulate

BOUNDS = tuple(0.25 * 1.2**step for step in range(70))
"""Upper bounds of the histogram buckets in milliseconds: 0.25 ms to 72 s, 20 % apart."""
WINDOW_SECONDS = 60
"""Seconds that a percentile looks back."""

BucketCounts = dict[int, int]


class Histogram:
    """Counts durations of the last WINDOW seconds in buckets. It keeps no durations."""

    def __init__(self) -> None:
        self._seconds: deque[BucketCounts] = deque([{}], maxlen=WINDOW_SECONDS)

    def observe(self, milliseconds: float) -> None:
        """Count one duration."""
        bucket = bisect_left(BOUNDS, milliseconds)
        newest = self._seconds[-1]
        newest[bucket] = newest.get(bucket, 0) + 1

    def tick(self) -> None:
        """Begin another second; the oldest falls out of the window."""
        self._seconds.append({})

    def buckets(self) -> BucketCounts:
        """Return how many durations of the window fell into each bucket."""
        return merge_buckets(*self._seconds)


def merge_buckets(*histograms: BucketCounts) -> BucketCounts:
    """Add up histograms, of several seconds or of several processes."""
    total: BucketCounts = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def percentile(buckets: BucketCounts, share: float) -> float | None:
    """Return the duration in ms that this share did not exceed, at most 20 % too high."""
    if not buckets:
        return None
    ordered = sorted(buckets)
    wanted = share * sum(buckets.values())
    for bucket, seen in zip(ordered, accumulate(buckets[b] for b in ordered), strict=True):
        if seen >= wanted:
            return round(BOUNDS[min(bucket, len(BOUNDS) - 1)], 2)
    return round(BOUNDS[-1], 2)


class Counters:
    """What happened in this process since it started.

    `started`, `finished` and `changes` are added to from request threads, the
    rest from the event loop only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.started = 0
        self.finished = 0
        self.changes = 0
        self.in_flight = 0
        self.status = {"1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0}
        self.latency = Histogram()
        self.delivery = Histogram()
        self.delivered = 0
        self.repairs = 0
        self.resumed = 0
        self.snapshots = 0
        self.layer_errors = 0

    def request_started(self) -> None:
        """Count one `request_started`."""
        with self._lock:
            self.started += 1

    def request_finished(self) -> None:
        """Count one `request_finished`."""
        with self._lock:
            self.finished += 1

    def change_recorded(self) -> None:
        """Count one recorded change."""
        with self._lock:
            self.changes += 1

    def response_sent(self, status: int, milliseconds: float) -> None:
        """Count one answer by its class, and how long it took."""
        name = f"{status // 100}xx"
        if name in self.status:
            self.status[name] += 1
        self.latency.observe(milliseconds)

    def layer_call_failed(self) -> None:
        """Count one failure of the channel layer."""
        with self._lock:
            self.layer_errors += 1

    def tick(self) -> None:
        """Begin another second of the histograms."""
        self.latency.tick()
        self.delivery.tick()


counters = Counters()
"""This process's counters."""
