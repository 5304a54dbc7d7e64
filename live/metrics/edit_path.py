"""Adds up what all processes counted on the path of changes to the screens. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from live.delivery_meter import HOPS
from live.histogram import WINDOW_SECONDS, BucketCounts, merge_buckets, percentile
from live.protocol.frames import DeliveryBudget, DeliveryHop, RelayTime

HOPS_WITH_ERRORS = frozenset({"request", "layer", "relay", "hub", "socket", "paint"})
"""The parts of the path whose errors are counted."""


class HopCounts(msgspec.Struct):
    """The durations of one hop in one process over the last minute, as pairs, and its errors."""

    name: str
    buckets: list[tuple[int, int]]
    errors: int


class DeliveryCounts(msgspec.Struct, kw_only=True):
    """What one process counted since it started (delivery_meter.DeliveryMeter).

    `hops` is empty while nobody looks. Times are in epoch seconds.
    """

    since: float
    promised: int
    live: int
    resumed: int
    copied: int
    withdrawn: int
    waiting: int
    longest_ms: float
    longest_at: float | None
    resumes: int
    snapshots: int
    repairs: int
    mismatches: int
    close_codes: dict[str, int]
    refusals: dict[str, int]
    reporting: int
    screens: int
    hops: list[HopCounts] = []


class EditPath:
    """The last counts of each process. Those of stopped processes stay in the totals."""

    def __init__(self) -> None:
        self._running: dict[str, DeliveryCounts] = {}
        self.stopped: dict[str, DeliveryCounts] = {}
        """The last counts of each process that has stopped."""

    def put(
        self, process: str, counts: DeliveryCounts, stopped: Mapping[str, DeliveryCounts]
    ) -> None:
        """Store what a process counted, and what it knows of processes that have stopped."""
        for name, last in stopped.items():
            if name not in self._running:
                self.stopped.setdefault(name, last)
        self.stopped.pop(process, None)
        self._running[process] = counts

    def remove(self, process: str) -> None:
        """Note that a process has stopped: its screens connect again, and resume elsewhere."""
        last = self._running.pop(process, None)
        if last is not None:
            self.stopped[process] = msgspec.structs.replace(
                last,
                withdrawn=last.withdrawn + last.waiting,
                waiting=0,
                reporting=0,
                screens=0,
                hops=[],
            )

    @property
    def everything(self) -> tuple[DeliveryCounts, ...]:
        """The counts of all processes, running or stopped."""
        return (*self._running.values(), *self.stopped.values())

    def hops(self) -> tuple[DeliveryHop, ...]:
        """Return each part of the path, in all processes together."""
        by_name: dict[str, list[HopCounts]] = {name: [] for name in HOPS}
        for counts in self._running.values():
            for hop in counts.hops:
                if hop.name in by_name:  # another version of Trolley may have more of them
                    by_name[hop.name].append(hop)
        return tuple(_hop(name, hops) for name, hops in by_name.items())

    def relays(self) -> tuple[RelayTime, ...]:
        """Return how long changes take to each process."""
        return tuple(
            _relay_time(process, dict(hop.buckets))
            for process, counts in sorted(self._running.items())
            for hop in counts.hops
            if hop.name == "relay"
        )

    def budget(self) -> DeliveryBudget:
        """Return what became of the changes that screens were owed."""
        counts = self.everything
        promised = sum(each.promised for each in counts)
        outcomes = {
            name: sum(getattr(each, name) for each in counts)
            for name in ("live", "resumed", "copied", "withdrawn", "waiting")
        }
        longest = max(counts, key=lambda each: each.longest_ms, default=None)
        longest_at = None if longest is None else longest.longest_at
        return DeliveryBudget(
            since=_as_datetime(min((each.since for each in counts), default=0.0)),
            promised=promised,
            lost=promised - sum(outcomes.values()),
            longest_ms=None if longest_at is None or longest is None else longest.longest_ms,
            longest_at=None if longest_at is None else _as_datetime(longest_at),
            **outcomes,
        )

    def total(self, name: str) -> int:
        """Return the sum of one number."""
        return sum(getattr(each, name) for each in self.everything)

    def totals_by_key(self, name: str) -> dict[str, int]:
        """Return the sums of a number that has several keys, in the order of the keys."""
        total: Counter[str] = Counter()
        for each in self.everything:
            total.update(getattr(each, name))
        return dict(sorted(total.items()))


def _hop(name: str, hops: Iterable[HopCounts]) -> DeliveryHop:
    hops = list(hops)
    buckets = merge_buckets(*(dict(hop.buckets) for hop in hops))
    count = sum(buckets.values())
    errors = sum(hop.errors for hop in hops) if name in HOPS_WITH_ERRORS else None
    return DeliveryHop(
        name=name,
        last_minute=count,
        per_second=round(count / WINDOW_SECONDS, 2),
        p50_ms=percentile(buckets, 0.5),
        p99_ms=percentile(buckets, 0.99),
        errors=errors,
    )


def _relay_time(process: str, buckets: BucketCounts) -> RelayTime:
    return RelayTime(
        process=process,
        last_minute=sum(buckets.values()),
        p50_ms=percentile(buckets, 0.5),
        p99_ms=percentile(buckets, 0.99),
    )


def _as_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
