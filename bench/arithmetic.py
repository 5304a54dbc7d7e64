"""Medians, percentiles, ratios: pure functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median as _median


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are there, or None without any."""
    present = [value for value in values if value is not None]
    return _median(present) if present else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value with at least `share` of all values at or below it.

    Nothing is interpolated, so the answer is a value that occurred.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(of: float | None, to: float | None) -> float | None:
    """Return of / to, or None where one is missing or nothing."""
    return of / to if of is not None and to else None


def counts(received: Iterable[int], expected: Iterable[int]) -> tuple[int, int]:
    """Return (undelivered, surplus) summed socket by socket, so that they never cancel out."""
    missing = extra = 0
    for got, wanted in zip(received, expected, strict=True):
        missing += max(0, wanted - got)
        extra += max(0, got - wanted)
    return missing, extra


def disorder(versions: Sequence[int]) -> int:
    """Return how many versions do not follow the one before them by exactly one."""
    return sum(after != before + 1 for before, after in pairwise(versions))
