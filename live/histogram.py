"""Histograms of durations with buckets of a fixed relative width. The unit is ms."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import log

GROWTH = 1.04
"""The bound of a bucket divided by that of the bucket before: no value is more than 4 % off."""
MIN_BOUND = 0.0001
"""The bound of the first bucket in ms: 0.1 us."""
BOUNDS = tuple(MIN_BOUND * GROWTH**step for step in range(529))
"""Upper bounds of the buckets in ms, up to 98 s. The last bucket has everything above, too."""
WINDOW_SECONDS = 60
"""Seconds of durations that a percentile includes."""

_PER_STEP = 1 / log(GROWTH)

BucketCounts = dict[int, int]


def bucket_of(milliseconds: float) -> int:
    """Return the number of the first bucket whose bound is not below a duration."""
    if milliseconds <= MIN_BOUND:
        return 0
    bucket = min(int(log(milliseconds / MIN_BOUND) * _PER_STEP), len(BOUNDS) - 1)
    if BOUNDS[bucket] < milliseconds and bucket < len(BOUNDS) - 1:
        return bucket + 1
    return bucket


class Histogram:
    """Counts durations in buckets: those of the last WINDOW_SECONDS, and all since the start.

    It keeps no single duration.
    """

    def __init__(self) -> None:
        self._earlier: BucketCounts = {}
        self._seconds: deque[BucketCounts] = deque([{}], maxlen=WINDOW_SECONDS)
        self._last = (0, 0.0, 0.0)
        """The bucket of the last duration, and its bounds: the next one is often in it, too."""

    def observe(self, milliseconds: float) -> None:
        """Count one duration."""
        bucket, above, bound = self._last
        if not above < milliseconds <= bound:
            bucket = bucket_of(milliseconds)
            self._last = (bucket, BOUNDS[bucket - 1], BOUNDS[bucket])
        current_second = self._seconds[-1]
        current_second[bucket] = current_second.get(bucket, 0) + 1

    def tick(self) -> None:
        """Start the next second and drop the oldest one."""
        for bucket, count in self._seconds[-1].items():
            self._earlier[bucket] = self._earlier.get(bucket, 0) + count
        self._seconds.append({})

    def buckets(self) -> BucketCounts:
        """Return the number of durations in each bucket of the window."""
        return merge_buckets(*self._seconds)

    def all_buckets(self) -> BucketCounts:
        """Return the number of durations in each bucket since the start."""
        return merge_buckets(self._earlier, self._seconds[-1])


def merge_buckets(*histograms: BucketCounts) -> BucketCounts:
    """Return the sum of histograms, of several seconds or of several processes."""
    total: BucketCounts = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def subtract_buckets(after: BucketCounts, before: BucketCounts) -> BucketCounts:
    """Return what was counted between two states of one histogram."""
    counts = {bucket: count - before.get(bucket, 0) for bucket, count in after.items()}
    return {bucket: count for bucket, count in counts.items() if count > 0}


def percentile(buckets: BucketCounts, share: float) -> float | None:
    """Return the duration in ms that this share does not exceed. It is at most 4 % too high."""
    return percentiles(buckets, (share,))[0]


def percentiles(buckets: BucketCounts, shares: Sequence[float]) -> list[float | None]:
    """Return a percentile for each share."""
    if not buckets:
        return [None] * len(shares)
    ordered = sorted(buckets)
    cumulative_counts = list(accumulate(buckets[bucket] for bucket in ordered))
    positions = (bisect_left(cumulative_counts, share * cumulative_counts[-1]) for share in shares)
    return [_rounded(BOUNDS[ordered[min(position, len(ordered) - 1)]]) for position in positions]


def _rounded(milliseconds: float) -> float:
    return float(f"{milliseconds:.3g}")
