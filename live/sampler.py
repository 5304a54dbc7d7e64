"""One sample of the counters a second from each process, added up where it is shown."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from live import protocol
from live.hub import Hub
from live.metrics import Buckets, counters, merged, percentile
from live.outlet import CONTROL, Outgoing
from live.roster import Roster
from live.timing import Timing
from shopping_list.rows import encode

HISTORY = 300
"""Samples that a new subscriber gets at once."""
RATE_WINDOW = 60
TOPICS = ("requests", "ops")

Totals = dict[str, int]


class ProcessSample(msgspec.Struct, kw_only=True):
    """What one process has counted since it started, and how it stands now.

    `past` has the totals of processes that are gone, for those that never met
    them. Histograms travel as pairs, because not every layer keeps number keys.
    """

    process: str
    totals: Totals
    in_flight: int
    per_second: float
    per_second_1m: float
    sockets: int
    people: list[int]
    lagging: int
    latency: list[tuple[int, int]]
    delivery: list[tuple[int, int]]
    past: dict[str, Totals] = {}


class Board:
    """Adds up the newest sample of each process. Totals never fall: the dead still count."""

    def __init__(self, *, silent: float) -> None:
        self._silent = silent
        self._newest: dict[str, tuple[ProcessSample, float]] = {}
        self.past: dict[str, Totals] = {}
        self._history: deque[protocol.Sample] = deque(maxlen=HISTORY)

    def put(self, sample: ProcessSample, now: float) -> bool:
        """Take in a sample; True if its process was not known."""
        for process, totals in sample.past.items():
            if process not in self._newest:
                self.past.setdefault(process, totals)
        self.past.pop(sample.process, None)
        known = sample.process in self._newest
        self._newest[sample.process] = (sample, now)
        return not known

    def total(self, topic: str, at: datetime, now: float) -> protocol.Sample:
        """Return the sum of all processes, and forget the silent ones."""
        for process, (sample, heard) in list(self._newest.items()):
            if now - heard > self._silent:
                self.past[process] = sample.totals
                del self._newest[process]
        return _sum([sample for sample, _ in self._newest.values()], self.past, topic, at)

    def remember(self, sample: protocol.Sample) -> None:
        """Add a sample to the history."""
        self._history.append(sample)

    @property
    def newest(self) -> protocol.Sample | None:
        """The last sample, if there is one."""
        return self._history[-1] if self._history else None

    def history(self) -> dict[str, list[Any]]:
        """Return the last samples as columns."""
        rows = [msgspec.to_builtins(sample) for sample in self._history]
        names = [name for name in protocol.Sample.__struct_fields__ if name != "topic"]
        return {name: [row[name] for row in rows] for name in names}


class Sampler:
    """Takes this process's sample each second and shows the sum to whoever watches."""

    def __init__(
        self,
        *,
        process: str,
        hub: Hub,
        roster: Roster,
        tell: Callable[[Outgoing], None],
        timing: Timing,
    ) -> None:
        self._process = process
        self._hub = hub
        self._roster = roster
        self._tell = tell
        self._started: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW + 1)
        self._newcomer = False
        self.lagging = 0
        self.board = Board(silent=timing.silent)

    def tick(self, now: float) -> None:
        """Tell every process what this one counted, and everybody who watches the sum."""
        counters.tick()
        self._started.append((now, counters.started))
        sample = self._sample(now)
        self._newcomer = False
        self.board.put(sample, now)
        told = {"type": "live.sample", "sample": msgspec.to_builtins(sample)}
        self._tell(Outgoing(CONTROL, told))
        at = datetime.fromtimestamp(time.time(), UTC)
        total = self.board.total("requests", at, now)
        self.board.remember(total)
        for topic in TOPICS:
            shown = msgspec.structs.replace(total, topic=topic)
            self._hub.publish(topic, encode(shown).decode())

    def hear(self, message: dict[str, Any]) -> None:
        """Take in the sample of another process."""
        sample = msgspec.convert(message["sample"], ProcessSample)
        if sample.process != self._process and self.board.put(sample, time.monotonic()):
            self._newcomer = True

    def _sample(self, now: float) -> ProcessSample:
        return ProcessSample(
            process=self._process,
            totals=_totals(),
            in_flight=counters.in_flight,
            per_second=self._rate(1),
            per_second_1m=self._rate(RATE_WINDOW),
            sockets=self._roster.sockets,
            people=self._roster.people,
            lagging=self.lagging,
            latency=list(counters.latency.buckets().items()),
            delivery=list(counters.delivery.buckets().items()),
            past=self.board.past if self._newcomer else {},
        )

    def _rate(self, samples: int) -> float:
        if len(self._started) < 2:
            return 0.0
        now, count = self._started[-1]
        then, before = self._started[max(0, len(self._started) - 1 - samples)]
        return (count - before) / max(now - then, 0.001)


def _totals() -> Totals:
    names = ("started", "finished", "changes", "delivered", "repairs", "resumed", "snapshots")
    return {**{name: getattr(counters, name) for name in names}, **counters.status}


def _sum(
    samples: list[ProcessSample], past: dict[str, Totals], topic: str, at: datetime
) -> protocol.Sample:
    totals: Totals = dict.fromkeys(_totals(), 0)
    for some in (*(sample.totals for sample in samples), *past.values()):
        for name, count in some.items():
            totals[name] = totals.get(name, 0) + count
    status = {name: totals.pop(name) for name in counters.status}
    latency = merged(*(_buckets(sample.latency) for sample in samples))
    delivery = merged(*(_buckets(sample.delivery) for sample in samples))
    return protocol.Sample(
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


def _buckets(pairs: list[tuple[int, int]]) -> Buckets:
    return dict(pairs)
