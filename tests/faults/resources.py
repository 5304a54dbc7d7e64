"""What processes take over a long run: memory and descriptors at quiet moments. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any

MIN_SAMPLES = 6
"""Samples in the second half of its life without which nothing is said of a process."""
JUDGED_HOURS = 1.0
"""Hours of this half without which its memory is not judged: it settles for longer than minutes."""
MAX_GROWTH = 1.0
"""Percent of its memory by which a process may grow in an hour."""
MAX_MORE_DESCRIPTORS = 5
"""Connections that are open by chance."""
HOUR = 3600.0


@dataclass(frozen=True)
class Sample:
    """What one process had when no client was connected. `at` is in seconds of one clock."""

    at: float
    process: int
    memory: int
    descriptors: int


@dataclass(frozen=True)
class Growth:
    """How one process has changed in the second half of its life, when caches are full."""

    process: int
    hours: float
    samples: int
    memory: int
    """Bytes at the end."""
    percent_per_hour: float
    descriptors: int
    """At the end."""
    more_descriptors: int

    @property
    def leaks(self) -> list[str]:
        """What grows more than it may, as sentences."""
        sentences = []
        if self.hours >= JUDGED_HOURS and self.percent_per_hour > MAX_GROWTH:
            sentences.append(
                f"the memory of process {self.process} grows by {self.percent_per_hour:.1f} %/h"
            )
        if self.more_descriptors > MAX_MORE_DESCRIPTORS:
            sentences.append(f"process {self.process} has {self.more_descriptors} descriptors more")
        return sentences

    def report(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return {
            "process": self.process,
            "minutes": round(self.hours * 60, 1),
            "samples": self.samples,
            "memory_mb": round(self.memory / 1e6, 1),
            "memory_percent_per_hour": round(self.percent_per_hour, 2),
            "descriptors": self.descriptors,
            "more_descriptors": self.more_descriptors,
        }


def growths(samples: Iterable[Sample]) -> Iterator[Growth]:
    """Yield what is known of each process that has lived for long enough."""
    by_process: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_process[sample.process].append(sample)
    for own in by_process.values():
        middle = (own[0].at + own[-1].at) / 2
        later = [sample for sample in own if sample.at >= middle]
        if len(later) >= MIN_SAMPLES:
            yield _growth(later)


def _growth(samples: Sequence[Sample]) -> Growth:
    hours = [(sample.at - samples[0].at) / HOUR for sample in samples]
    slope, begin = linear_regression(hours, [sample.memory for sample in samples])
    third = len(samples) // 3
    descriptors = [sample.descriptors for sample in samples]
    return Growth(
        process=samples[0].process,
        hours=hours[-1],
        samples=len(samples),
        memory=samples[-1].memory,
        percent_per_hour=100 * slope / begin,
        descriptors=descriptors[-1],
        more_descriptors=round(median(descriptors[-third:]) - median(descriptors[:third])),
    )
