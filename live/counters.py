"""The counters of one process: plain numbers. This module does not publish them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from contextvars import ContextVar
from itertools import accumulate

BOUNDS = tuple(0.25 * 1.2**step for step in range(70))
"""Upper bounds of the histogram buckets in milliseconds: 0.25 ms to 72 s, 20 % apart."""
WINDOW_SECONDS = 60
"""Seconds of durations that a percentile includes."""

is_request_excluded: ContextVar[bool] = ContextVar("is_request_excluded", default=False)
"""Whether the current request is one that is not counted.

The middleware sets it outside of Django, so the receivers of both request
signals see it. They would not see a value that a receiver sets, because
receivers run in tasks of their own.
"""

BucketCounts = dict[int, int]


class Histogram:
    """Counts the durations of the last WINDOW_SECONDS in buckets. It keeps no single duration."""

    def __init__(self) -> None:
        self._seconds: deque[BucketCounts] = deque([{}], maxlen=WINDOW_SECONDS)

    def observe(self, milliseconds: float) -> None:
        """Count one duration."""
        bucket = bisect_left(BOUNDS, milliseconds)
        current_second = self._seconds[-1]
        current_second[bucket] = current_second.get(bucket, 0) + 1

    def tick(self) -> None:
        """Start the next second and drop the oldest one."""
        self._seconds.append({})

    def buckets(self) -> BucketCounts:
        """Return the number of durations in each bucket of the window."""
        return merge_buckets(*self._seconds)


def merge_buckets(*histograms: BucketCounts) -> BucketCounts:
    """Return the sum of histograms, of several seconds or of several processes."""
    total: BucketCounts = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def percentile(buckets: BucketCounts, share: float) -> float | None:
    """Return the duration in ms that this share does not exceed. It is at most 20 % too high."""
    if not buckets:
        return None
    ordered = sorted(buckets)
    target_count = share * sum(buckets.values())
    cumulative_counts = accumulate(buckets[bucket] for bucket in ordered)
    for bucket, cumulative_count in zip(ordered, cumulative_counts, strict=True):
        if cumulative_count >= target_count:
            return round(BOUNDS[min(bucket, len(BOUNDS) - 1)], 2)
    return round(BOUNDS[-1], 2)


class Counters:
    """The counts of this process since it started.

    Request threads add to `started`, `finished`, `changes` and `layer_errors`.
    Only the event loop adds to the others.
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
        """Count one response by its status class, and its duration."""
        status_class = f"{status // 100}xx"
        if status_class in self.status:
            self.status[status_class] += 1
        self.latency.observe(milliseconds)

    def layer_call_failed(self) -> None:
        """Count one failed call to the channel layer."""
        with self._lock:
            self.layer_errors += 1

    def tick(self) -> None:
        """Start the next second of the histograms."""
        self.latency.tick()
        self.delivery.tick()


counters = Counters()
"""The counters of this process."""
