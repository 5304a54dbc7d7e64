"""One sample of the counters a second from each process, added up where it is shown."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from live.connections.registry import ConnectionRegistry
from live.counters import BucketCounts, counters, merge_buckets, percentile
from live.delivery.hub import Hub
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.intervals import Intervals
from live.protocol import frames
from shopping_list.rows import encode

HISTORY = 300
"""Samples that a new subscriber gets at once."""
RATE_WINDOW = 60
TOPICS = ("requests", "ops")

CounterTotals = dict[str, int]


class ProcessSample(msgspec.Struct, kw_only=True):
    """What one process has counted since it started, and how it stands now.

    `retired_totals` has the totals of processes that are gone, for those that never met
    them. Histograms travel as pairs, because not every layer keeps number keys.
    """

    process: str
    totals: CounterTotals
    in_flight: int
    per_second: float
    per_second_1m: float
    sockets: int
    people: list[int]
    lagging: int
    latency: list[tuple[int, int]]
    delivery: list[tuple[int, int]]
    retired_totals: dict[str, CounterTotals] = {}


class SampleAggregator:
    """Adds up the newest sample of each process. Totals never fall: the dead still count."""

    def __init__(self, *, stale_after: float) -> None:
        self._silent = stale_after
        self._newest: dict[str, tuple[ProcessSample, float]] = {}
        self.retired_totals: dict[str, CounterTotals] = {}
        self._history: deque[frames.Sample] = deque(maxlen=HISTORY)

    def put(self, sample: ProcessSample, now: float) -> bool:
        """Take in a sample; True if its process was not known."""
        for process, totals in sample.retired_totals.items():
            if process not in self._newest:
                self.retired_totals.setdefault(process, totals)
        self.retired_totals.pop(sample.process, None)
        known = sample.process in self._newest
        self._newest[sample.process] = (sample, now)
        return not known

    def total(self, topic: str, at: datetime, now: float) -> frames.Sample:
        """Return the sum of all processes, and forget the silent ones."""
        for process, (sample, heard) in list(self._newest.items()):
            if now - heard > self._silent:
                self.retired_totals[process] = sample.totals
                del self._newest[process]
        return _aggregate(
            [sample for sample, _ in self._newest.values()], self.retired_totals, topic, at
        )

    def append_history(self, sample: frames.Sample) -> None:
        """Add a sample to the history."""
        self._history.append(sample)

    @property
    def latest(self) -> frames.Sample | None:
        """The last sample, if there is one."""
        return self._history[-1] if self._history else None

    def history(self) -> dict[str, list[Any]]:
        """Return the last samples as columns."""
        rows = [msgspec.to_builtins(sample) for sample in self._history]
        names = [name for name in frames.Sample.__struct_fields__ if name != "topic"]
        return {name: [row[name] for row in rows] for name in names}


class Sampler:
    """Takes this process's sample each second and shows the sum to whoever watches."""

    def __init__(
        self,
        *,
        process: str,
        hub: Hub,
        registry: ConnectionRegistry,
        publish: Callable[[GroupMessage], None],
        intervals: Intervals,
    ) -> None:
        self._process = process
        self._hub = hub
        self._registry = registry
        self._publish = publish
        self._started: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW + 1)
        self._share_retired = False
        self.lagging = 0
        self.board = SampleAggregator(stale_after=intervals.process_timeout)

    def tick(self, now: float) -> None:
        """Tell every process what this one counted, and everybody who watches the sum."""
        counters.tick()
        self._started.append((now, counters.started))
        sample = self._sample(now)
        self._share_retired = False
        self.board.put(sample, now)
        told = {"type": "live.sample", "sample": msgspec.to_builtins(sample)}
        self._publish(GroupMessage(CONTROL_GROUP, told))
        at = datetime.fromtimestamp(time.time(), UTC)
        total = self.board.total("requests", at, now)
        self.board.append_history(total)
        for topic in TOPICS:
            shown = msgspec.structs.replace(total, topic=topic)
            self._hub.publish(topic, encode(shown).decode())

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Take in the sample of another process."""
        sample = msgspec.convert(message["sample"], ProcessSample)
        if sample.process != self._process and self.board.put(sample, time.monotonic()):
            self._share_retired = True

    def _sample(self, now: float) -> ProcessSample:
        return ProcessSample(
            process=self._process,
            totals=_totals(),
            in_flight=counters.in_flight,
            per_second=self._rate(1),
            per_second_1m=self._rate(RATE_WINDOW),
            sockets=self._registry.sockets,
            people=self._registry.people,
            lagging=self.lagging,
            latency=list(counters.latency.buckets().items()),
            delivery=list(counters.delivery.buckets().items()),
            retired_totals=self.board.retired_totals if self._share_retired else {},
        )

    def _rate(self, samples: int) -> float:
        if len(self._started) < 2:
            return 0.0
        now, count = self._started[-1]
        then, before = self._started[max(0, len(self._started) - 1 - samples)]
        return (count - before) / max(now - then, 0.001)


def _totals() -> CounterTotals:
    names = ("started", "finished", "changes", "delivered", "repairs", "resumed", "snapshots")
    return {**{name: getattr(counters, name) for name in names}, **counters.status}


def _aggregate(
    samples: list[ProcessSample], retired_totals: dict[str, CounterTotals], topic: str, at: datetime
) -> frames.Sample:
    totals: CounterTotals = dict.fromkeys(_totals(), 0)
    for some in (*(sample.totals for sample in samples), *retired_totals.values()):
        for name, count in some.items():
            totals[name] = totals.get(name, 0) + count
    status = {name: totals.pop(name) for name in counters.status}
    latency = merge_buckets(*(_buckets(sample.latency) for sample in samples))
    delivery = merge_buckets(*(_buckets(sample.delivery) for sample in samples))
    return frames.Sample(
        topic=topic,
        at=at,
        processes=len(samples),
        in_flight=sum(sample.in_flight for sample in samples),
        per_second=round(sum(sample.per_second for sample in samples), 2),
        per_second_1m=round(sum(sample.per_second_1m for sample in samples), 2),
        status=status,
        latency_ms={
            "p50": percentile(latency, 0.5),
            "p95": percentile(latency, 0.95),
            "p99": percentile(latency, 0.99),
        },
        sockets=sum(sample.sockets for sample in samples),
        people=len({person for sample in samples for person in sample.people}),
        delivery_ms={"p50": percentile(delivery, 0.5), "p99": percentile(delivery, 0.99)},
        lagging=sum(sample.lagging for sample in samples),
        **totals,
    )


def _buckets(pairs: list[tuple[int, int]]) -> BucketCounts:
    return dict(pairs)
