"""The sums of all processes as metrics of Prometheus (docs/metrics.md).

They are the values that the topics `requests` and `signals` have at that moment, so every
process answers the same and none of them needs to be asked alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from live.metrics.duration_totals import BOUNDS_SECONDS, Durations
from live.protocol.frames import Machine, Sample, Signals

Labels = tuple[str, ...]
Values = Iterable[tuple[Labels, float]]
Created = Callable[["Figures", Labels], float]
"""Returns since when a counter with these labels counts, in Unix time."""
OPENMETRICS = "application/openmetrics-text"
SECONDS_OF_MILLISECONDS = 0.001
SECONDS_OF_MICROSECONDS = 0.000_001


@dataclass(frozen=True)
class Figures:
    """What the metrics are read from."""

    sample: Sample
    signals: Signals
    machine: Machine
    durations: Mapping[str, Durations]
    version: str


@dataclass(frozen=True)
class Family:
    """A gauge, or a counter since `created`."""

    name: str
    documentation: str
    read: Callable[[Figures], Values]
    labels: Labels = ()
    created: Created | None = None

    @property
    def kind(self) -> str:
        """Its type."""
        return "gauge" if self.created is None else "counter"

    @property
    def exposed_name(self) -> str:
        """The name of its samples."""
        return self.name if self.created is None else f"{self.name}_total"

    def metric(self, figures: Figures, *, with_created: bool) -> Metric:
        """Return the metric with its values."""
        if self.created is None:
            gauge = GaugeMetricFamily(self.name, self.documentation, labels=self.labels)
            for labels, value in self.read(figures):
                gauge.add_metric(labels, value)
            return gauge
        counter = CounterMetricFamily(self.name, self.documentation, labels=self.labels)
        for labels, value in self.read(figures):
            created = self.created(figures, labels) if with_created else None
            counter.add_metric(labels, value, created=created)
        return counter


@dataclass(frozen=True)
class HistogramFamily:
    """A cumulative histogram of the durations of all processes. Its unit is seconds."""

    name: str
    documentation: str
    histogram: str
    labels: Labels = ("le",)
    kind: str = "histogram"

    @property
    def exposed_name(self) -> str:
        """The name of its samples without their suffix."""
        return self.name

    def metric(self, figures: Figures, *, with_created: bool) -> Metric:
        """Return the metric with its values."""
        durations = figures.durations[self.histogram]
        bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
        counts = [*durations.cumulative, durations.total]
        metric = HistogramMetricFamily(self.name, self.documentation)
        metric.add_metric([], list(zip(bounds, counts, strict=True)), durations.sum_seconds)
        if with_created:
            metric.add_sample(f"{self.name}_created", {}, figures.sample.since.timestamp())
        return metric


def _since(figures: Figures, _: Labels) -> float:
    return figures.sample.since.timestamp()


def _start_of_process(figures: Figures, labels: Labels) -> float:
    (name,) = labels
    return next(
        each.started_at.timestamp() for each in figures.machine.processes if each.process == name
    )


def _field(name: str) -> Callable[[Figures], Values]:
    return lambda figures: [((), getattr(figures.sample, name))]


def _by_key(name: str) -> Callable[[Figures], Values]:
    return lambda figures: [((key,), n) for key, n in getattr(figures.sample, name).items()]


def _quantiles(name: str) -> Callable[[Figures], Values]:
    return lambda figures: _seconds(getattr(figures.sample, name), (), SECONDS_OF_MILLISECONDS)


def _seconds(percentiles: Mapping[str, Any], labels: Labels, unit: float) -> Values:
    """Return percentiles like p95 as quantiles; those that are not known are left out."""
    return [
        ((*labels, f"{int(name[1:]) / 100:g}"), value * unit)
        for name, value in percentiles.items()
        if value is not None
    ]


def _by_signal(name: str) -> Callable[[Figures], Values]:
    return lambda figures: [
        ((row.signal, row.sender), getattr(row, name)) for row in figures.signals.rows
    ]


def _receivers(figures: Figures) -> Values:
    return [((row.signal, row.sender), len(row.receivers)) for row in figures.signals.rows]


def _receiver_seconds(figures: Figures) -> Iterator[tuple[Labels, float]]:
    for row in figures.signals.rows:
        labels = (row.signal, row.sender)
        yield from _seconds(row.receiver_us, labels, SECONDS_OF_MICROSECONDS)


def _by_process(name: str) -> Callable[[Figures], Values]:
    return lambda figures: [
        ((each.process,), getattr(each, name)) for each in figures.machine.processes
    ]


def _start_times(figures: Figures) -> Values:
    return [((each.process,), each.started_at.timestamp()) for each in figures.machine.processes]


def _lag_seconds(figures: Figures) -> Iterator[tuple[Labels, float]]:
    for each in figures.machine.processes:
        yield from _seconds(each.lag_ms, (each.process,), SECONDS_OF_MILLISECONDS)


def _storage(name: str) -> Callable[[Figures], Values]:
    def read(figures: Figures) -> Values:
        value = getattr(figures.machine.storage, name, None)
        return [] if value is None else [((), value)]

    return read


def _total(name: str, documentation: str, field: str) -> Family:
    return Family(f"trolley_{name}", documentation, _field(field), created=_since)


def _now(name: str, documentation: str, field: str) -> Family:
    return Family(f"trolley_{name}", documentation, _field(field))


SIGNAL = ("signal", "sender")
PROCESS = ("process",)
FAMILIES: tuple[Family | HistogramFamily, ...] = (
    Family(
        "trolley_build_info",
        "1, with the version of the process that answers.",
        lambda figures: [((figures.version,), 1)],
        labels=("version",),
    ),
    _now("processes", "Processes that sent a sample in the last seconds.", "processes"),
    _total("requests_started", "Requests for which request_started was sent.", "started"),
    _total("requests_finished", "Requests for which request_finished was sent.", "finished"),
    _now("requests_in_flight", "Requests that have begun and not ended.", "in_flight"),
    Family(
        "trolley_responses",
        "Responses, by the class of their status.",
        _by_key("status"),
        labels=("class",),
        created=_since,
    ),
    HistogramFamily(
        "trolley_request_duration_seconds",
        "Time of a request.",
        "latency",
    ),
    Family(
        "trolley_request_duration_quantile_seconds",
        "Time of a request, of the last minute; at most 4 % too high.",
        _quantiles("latency_ms"),
        labels=("quantile",),
    ),
    _total("changes", "Recorded changes of lists.", "changes"),
    _total("deliveries", "Frames that were handed to sockets.", "delivered"),
    HistogramFamily(
        "trolley_delivery_duration_seconds",
        "Time from the commit of a change to a socket.",
        "delivery",
    ),
    Family(
        "trolley_delivery_duration_quantile_seconds",
        "Time from the commit of a change to a socket, of the last minute; at most 4 % too high.",
        _quantiles("delivery_ms"),
        labels=("quantile",),
    ),
    _total("repairs", "Gaps of the live path that were closed from the change log.", "repairs"),
    _total("resumes", "Subscriptions that continued from a known position.", "resumed"),
    _total("snapshots", "Subscriptions that were sent the whole list.", "snapshots"),
    _now("sockets", "Open WebSockets.", "sockets"),
    _now("people", "Users with an open WebSocket.", "people"),
    _now("sockets_lagging", "Sockets that do not keep up.", "lagging"),
    Family(
        "trolley_screens",
        "Screens that report what they show: identical to the server, behind or different.",
        _by_key("screens"),
        labels=("state",),
    ),
    Family(
        "trolley_signal_sends",
        "Sends of a signal of Django, by sender.",
        _by_signal("sends"),
        labels=SIGNAL,
        created=_since,
    ),
    Family(
        "trolley_signal_errors",
        "Sends in which a receiver raised an error.",
        _by_signal("errors"),
        labels=SIGNAL,
        created=_since,
    ),
    Family(
        "trolley_signal_receivers",
        "Functions that receive the signal from this sender.",
        _receivers,
        labels=SIGNAL,
    ),
    Family(
        "trolley_signal_receiver_seconds",
        "Time of all receivers of one send, of the last minute; at most 4 % too high.",
        _receiver_seconds,
        labels=(*SIGNAL, "quantile"),
    ),
    Family(
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        _by_process("rss_bytes"),
        labels=PROCESS,
    ),
    Family(
        "process_cpu_seconds",
        "Total user and system CPU time spent in seconds.",
        _by_process("cpu_seconds"),
        labels=PROCESS,
        created=_start_of_process,
    ),
    Family(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        _start_times,
        labels=PROCESS,
    ),
    Family(
        "trolley_event_loop_lag_seconds",
        "How late timers of the event loop woke, of the last minute; at most 4 % too high.",
        _lag_seconds,
        labels=(*PROCESS, "quantile"),
    ),
    Family(
        "trolley_request_threads_busy",
        "Requests that a view works at.",
        _by_process("threads_busy"),
        labels=PROCESS,
    ),
    Family(
        "trolley_database_size_bytes",
        "Size of the database, at most a minute old.",
        _storage("size_bytes"),
    ),
    Family(
        "trolley_disk_free_bytes",
        "Room on the disk of the database, if it is on this machine; at most a minute old.",
        _storage("free_bytes"),
    ),
)


class _FiguresCollector(Collector):
    def __init__(self, figures: Figures, *, with_created: bool) -> None:
        self._figures = figures
        self._with_created = with_created

    def collect(self) -> Iterator[Metric]:
        """Return every metric."""
        return (
            family.metric(self._figures, with_created=self._with_created) for family in FAMILIES
        )


def exposition(figures: Figures, accept: str) -> tuple[bytes, str]:
    """Return the metrics in the format that `Accept` asks for, and their content type.

    The registry of the library is not used: it has the numbers of one process only.
    """
    encode, content_type = choose_encoder(accept)
    # The older format has no such times: there, each would be a gauge of its own.
    with_created = content_type.startswith(OPENMETRICS)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FiguresCollector(figures, with_created=with_created))
    return encode(registry), content_type
