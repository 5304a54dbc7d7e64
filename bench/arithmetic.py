"""Medians, percentiles, ratios: pure functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median as _median


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are not None, or None if there are none."""
    present = [value for value in values if value is not None]
    return _median(present) if present else None


def percentile(values: Iterable[float], fraction: float) -> float | None:
    """Return the smallest value with at least `fraction` of all values at or below it.

    Nothing is interpolated, so the result is one of the values.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    """Return the quotient, or None if a number is None or the denominator is 0."""
    return numerator / denominator if numerator is not None and denominator else None


def counts(received: Iterable[int], expected: Iterable[int]) -> tuple[int, int]:
    """Return (undelivered, duplicates), summed for each socket so that they never cancel out."""
    undelivered = duplicates = 0
    for actual, target in zip(received, expected, strict=True):
        undelivered += max(0, target - actual)
        duplicates += max(0, actual - target)
    return undelivered, duplicates


def out_of_order(versions: Sequence[int]) -> int:
    """Return how many versions do not follow the one before them by exactly one."""
    return sum(after != before + 1 for before, after in pairwise(versions))
