"""One sample of the counters a second from each process, and their sum."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from live.connections.screens import ScreenCounts
from live.counters import counters
from live.delivery.hub import Hub
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.histogram import BucketCounts, merge_buckets, percentile
from live.history.counts import Counts
from live.history.stored_counts import Snapshot, StoredHistory, StoredProcess
from live.intervals import Intervals
from live.metrics.dashboard_topic import DashboardTopic, PrivateTopic, StoredTopic
from live.metrics.duration_totals import (
    CounterTotals,
    Durations,
    counters_of,
    durations_of,
    is_duration,
)
from live.metrics.viewer_traffic import ViewerTraffic
from live.models import OLDER_PROCESSES
from live.protocol import frames
from live.protocol.topics import OPERATIONS, REQUESTS
from shopping_list.rows import encode

MAX_HISTORY = 300
"""Samples that a new subscriber gets."""
RATE_WINDOW = 60
"""Samples over which `per_second_1m` is averaged."""

HISTOGRAMS = ("latency", "delivery")
"""The histograms of `counters` whose totals survive restarts."""

MAX_SAMPLE_AGE = 2
"""Intervals between samples after which a sample is late."""
MAX_RETIRED = 100
"""Stopped processes whose totals are kept one by one."""
MERGED = "merged"
"""Stands for the stopped processes beyond that."""


class Population(NamedTuple):
    """The sockets and users that are connected to one process, and what the screens show."""

    socket_count: int
    user_ids: list[int]
    screens: ScreenCounts


class ProcessSample(msgspec.Struct, kw_only=True):
    """The counts of one process since it started, and its current values.

    `topics` has what changed since the last sample, for each topic of
    the dashboard, `watched` the topics with a subscriber. Histograms are pairs, because not
    every channel layer keeps integer keys.
    """

    process: str
    totals: CounterTotals
    in_flight: int
    per_second: float
    per_second_1m: float
    sockets: int
    user_ids: list[int]
    lagging: int
    screens: dict[str, int]
    latency: list[tuple[int, int]]
    delivery: list[tuple[int, int]]
    topics: dict[str, list[Any]] = {}
    watched: list[str] = []


class SampleAggregator:
    """Adds up the last sample of each process. Totals include stopped processes.

    Until `restore` was called, the totals of earlier processes are missing, and nothing must
    be shown.
    """

    def __init__(self, *, stale_after: float) -> None:
        self._stale_after = stale_after
        self._samples: dict[str, tuple[ProcessSample, float]] = {}
        """The last sample of each process, and when it was received."""
        self.since: datetime | None = None
        """Since when the totals are counted."""
        self.retired_totals: dict[str, CounterTotals] = {}
        self.durations: dict[str, Durations] = {}
        """The durations of all processes since `since`, as of the last `total`."""
        self._history: deque[frames.Sample] = deque(maxlen=MAX_HISTORY)

    def put(self, sample: ProcessSample, now: float) -> bool:
        """Store a sample; return True if it is the first one of its process."""
        self.retired_totals.pop(sample.process, None)
        is_new = sample.process not in self._samples
        self._samples[sample.process] = (sample, now)
        return is_new

    def restore(self, since: datetime, totals: Mapping[str, CounterTotals]) -> None:
        """Add the totals that other processes had stored. A later sample replaces them."""
        self.since = since
        for process, process_totals in totals.items():
            if process not in self._samples:
                self.retired_totals.setdefault(process, process_totals)

    def refresh(self, totals: Mapping[str, CounterTotals]) -> None:
        """Take over what other processes have stored meanwhile, if it is more.

        A process that is killed has stored its last sample, but may not have sent it.
        """
        for process, stored in totals.items():
            if process in self._samples:
                sample, received_at = self._samples[process]
                highest = _highest(sample.totals, stored)
                sample = msgspec.structs.replace(sample, totals=highest)
                self._samples[process] = sample, received_at
            else:
                before = self.retired_totals.get(process, {})
                self.retired_totals[process] = _highest(before, stored)

    def is_any_older(self, than: float) -> bool:
        """Tell whether the last sample of a process is older than a moment."""
        return any(received_at < than for _, received_at in self._samples.values())

    def retire(self, now: float) -> list[str]:
        """Keep only the totals of processes that stopped sending samples; return their names."""
        stopped = [
            process
            for process, (_, received_at) in self._samples.items()
            if now - received_at > self._stale_after
        ]
        for process in stopped:
            sample, _ = self._samples.pop(process)
            self.retired_totals[process] = sample.totals
        self._merge_oldest()
        return stopped

    def _merge_oldest(self) -> None:
        """Keep few retired processes one by one: one that was only silent may come back."""
        while len(self.retired_totals) > MAX_RETIRED:
            oldest = next(name for name in self.retired_totals if name != MERGED)
            merged = self.retired_totals.setdefault(MERGED, {})
            for name, count in self.retired_totals.pop(oldest).items():
                merged[name] = merged.get(name, 0) + count

    @property
    def watched(self) -> set[str]:
        """The topics of the dashboard that had a subscriber in the last sample of a process."""
        return {topic for sample, _ in self._samples.values() for topic in sample.watched}

    def total(self, topic: str, at: datetime) -> frames.Sample:
        """Return the sum of all processes."""
        samples = [sample for sample, _ in self._samples.values()]
        totals = _sum_of([*(sample.totals for sample in samples), *self.retired_totals.values()])
        self.durations = {name: durations_of(name, totals) for name in HISTOGRAMS}
        numbers = {name: count for name, count in totals.items() if not is_duration(name)}
        return _aggregate(samples, numbers, topic, at, self.since or at)

    def append_history(self, sample: frames.Sample) -> None:
        """Add a sample to the history."""
        self._history.append(sample)

    @property
    def latest(self) -> frames.Sample | None:
        """The last sample of the history, if there is one."""
        return self._history[-1] if self._history else None

    def history(self) -> dict[str, list[Any]]:
        """Return the history as columns."""
        rows = [msgspec.to_builtins(sample) for sample in self._history]
        names = [name for name in frames.Sample.__struct_fields__ if name != "topic"]
        return {name: [row[name] for row in rows] for name in names}


class Sampler:
    """Takes the sample of this process each second and publishes the sum to subscribers.

    The owner sets `lagging`, the number of sockets that do not keep up.
    """

    def __init__(
        self,
        *,
        process: str,
        hub: Hub,
        population: Callable[[], Population],
        topics: Sequence[DashboardTopic],
        publish: Callable[[GroupMessage], None],
        traffic: ViewerTraffic,
        intervals: Intervals,
    ) -> None:
        self._process = process
        self._hub = hub
        self._population = population
        self._topics = {topic.name: topic for topic in topics}
        self._stored_topics = [topic for topic in topics if isinstance(topic, StoredTopic)]
        self._publish = publish
        self._traffic = traffic
        self._started_counts: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW + 1)
        self._sample_interval = intervals.sample_interval
        self._is_everything_wanted = False
        self._is_complete = False
        """Whether this process has told its own counts. Nothing is shown before."""
        self.lagging = 0
        self.aggregator = SampleAggregator(stale_after=intervals.process_timeout)

    def snapshot(self) -> Snapshot:
        """Return what this process has counted since its start."""
        return Snapshot(
            counts=Counts(
                numbers=_totals(),
                histograms={name: getattr(counters, name).all_buckets() for name in HISTOGRAMS},
            ),
            topics={topic.name: topic.totals() for topic in self._stored_topics},
        )

    def restore(self, history: StoredHistory) -> None:
        """Begin with what all other processes have counted."""
        totals = {each.process: _totals_of(each.counts) for each in history.processes}
        self.aggregator.restore(history.since, totals)
        for topic in self._stored_topics:
            for each in history.processes:
                topic.restore(each.process, each.topics.get(topic.name, {}))

    def refresh(self, processes: Sequence[StoredProcess]) -> None:
        """Take over what other processes have stored, because not all of them are heard."""
        # The sum of the older ones has grown by processes that are known one by one here.
        named = [each for each in processes if each.process != OLDER_PROCESSES]
        self.aggregator.refresh({each.process: _totals_of(each.counts) for each in named})
        for topic in self._stored_topics:
            for each in named:
                topic.restore(each.process, each.topics.get(topic.name, {}))

    def is_process_late(self, now: float) -> bool:
        """Tell whether a process has not sent its last sample, or has stopped."""
        return self.aggregator.is_any_older(now - MAX_SAMPLE_AGE * self._sample_interval)

    def tick(self, now: float, shown: Snapshot | None = None, *, is_held: bool = False) -> None:
        """Publish the sample of this process, and the sum to all subscribers.

        `shown` has the totals to show (None: those of this moment). If they are held, topics
        tell their news later.
        """
        counters.tick()
        self._started_counts.append((now, counters.started))
        sample = self._take_sample(shown or self.snapshot(), is_held=is_held)
        if not is_held:
            self._is_everything_wanted = False
            self._is_complete = True
        self.aggregator.put(sample, now)
        self._put_topics(sample)
        message = {"type": "live.sample", "sample": msgspec.to_builtins(sample)}
        self._publish(GroupMessage(CONTROL_GROUP, message))
        at = datetime.fromtimestamp(time.time(), UTC)
        for process in self.aggregator.retire(now):
            for topic in self._topics.values():
                topic.remove(process)
        for topic in self._topics.values():
            topic.advance()
        if self.aggregator.since is not None and self._is_complete:
            self._publish_frames(at)

    def _publish_frames(self, at: datetime) -> None:
        total = self.aggregator.total(REQUESTS, at)
        self.aggregator.append_history(total)
        for name in (REQUESTS, OPERATIONS):
            self._publish_frame(name, msgspec.structs.replace(total, topic=name))
        for name, topic in self._topics.items():
            if self._hub.subscribers(name):
                self._publish_frame(name, topic.frame(at))

    def _publish_frame(self, topic: str, frame: msgspec.Struct) -> None:
        content = encode(frame)
        self._traffic.add(len(content), self._hub.subscribers(topic))
        self._hub.publish(topic, content.decode())

    def frame(self, topic: str) -> msgspec.Struct:
        """Return the frame of a topic of the dashboard, as of the last `tick`."""
        return self._topics[topic].frame(datetime.now(UTC))

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Store the sample of another process."""
        sample = msgspec.convert(message["sample"], ProcessSample)
        if sample.process == self._process:
            return
        self._put_topics(sample)
        if self.aggregator.put(sample, time.monotonic()):
            self._is_everything_wanted = True

    def _put_topics(self, sample: ProcessSample) -> None:
        for name, counts in sample.topics.items():
            if name in self._topics:  # another version of Trolley may have more of them
                self._topics[name].put(sample.process, counts)

    def _take_sample(self, shown: Snapshot, *, is_held: bool) -> ProcessSample:
        population = self._population()
        watched = self.aggregator.watched
        return ProcessSample(
            process=self._process,
            totals=_totals_of(shown.counts),
            in_flight=counters.in_flight,
            per_second=self._rate(1),
            per_second_1m=self._rate(RATE_WINDOW),
            sockets=population.socket_count,
            user_ids=population.user_ids,
            lagging=self.lagging,
            screens=population.screens._asdict(),
            latency=list(counters.latency.buckets().items()),
            delivery=list(counters.delivery.buckets().items()),
            topics={}
            if is_held
            else {
                name: topic.local_counts(
                    everything=self._is_everything_wanted, is_watched=name in watched
                )
                for name, topic in self._topics.items()
            },
            watched=[name for name, topic in self._topics.items() if self._has_subscribers(topic)],
        )

    def _has_subscribers(self, topic: DashboardTopic) -> bool:
        if isinstance(topic, PrivateTopic):
            return topic.has_subscribers()
        return bool(self._hub.subscribers(topic.name))

    def _rate(self, samples: int) -> float:
        """Return the requests a second, averaged over the last samples."""
        if len(self._started_counts) < 2:
            return 0.0
        end, end_count = self._started_counts[-1]
        start, start_count = self._started_counts[max(0, len(self._started_counts) - 1 - samples)]
        return (end_count - start_count) / max(end - start, 0.001)


def _highest(first: CounterTotals, second: CounterTotals) -> CounterTotals:
    names = {**first, **second}
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in names}


def _sum_of(all_totals: Iterable[CounterTotals]) -> CounterTotals:
    result: CounterTotals = dict.fromkeys(_totals(), 0)
    for totals in all_totals:
        for name, count in totals.items():
            result[name] = result.get(name, 0) + count
    return result


def _totals_of(counts: Counts) -> CounterTotals:
    """Return the totals of a process, its durations among them."""
    return {**counts.numbers, **counters_of(counts.histograms)}


def _totals() -> CounterTotals:
    names = ("started", "finished", "changes", "delivered", "repairs", "resumed", "snapshots")
    return {**{name: getattr(counters, name) for name in names}, **counters.status}


def _aggregate(
    samples: list[ProcessSample],
    totals: CounterTotals,
    topic: str,
    at: datetime,
    since: datetime,
) -> frames.Sample:
    status = {name: totals.pop(name) for name in counters.status}
    latency = merge_buckets(*(_bucket_counts(sample.latency) for sample in samples))
    delivery = merge_buckets(*(_bucket_counts(sample.delivery) for sample in samples))
    return frames.Sample(
        topic=topic,
        at=at,
        since=since,
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
        people=len({user_id for sample in samples for user_id in sample.user_ids}),
        delivery_ms={"p50": percentile(delivery, 0.5), "p99": percentile(delivery, 0.99)},
        lagging=sum(sample.lagging for sample in samples),
        screens={
            name: sum(sample.screens.get(name, 0) for sample in samples)
            for name in ScreenCounts._fields
        },
        **totals,
    )


def _bucket_counts(pairs: list[tuple[int, int]]) -> BucketCounts:
    return dict(pairs)
