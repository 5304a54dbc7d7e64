"""The topic `ops:machine`: the processes, the database, Redis and the disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import msgspec

from live.metrics.disk_room import StoredSize, days_left, growth
from live.metrics.loop_lag import LoopLag
from live.metrics.machine_monitor import MachineMonitor, Readings
from live.metrics.process_reading import ProcessReader
from live.metrics.route_meter import RouteMeter
from live.metrics.viewer_traffic import ViewerTraffic
from live.protocol import frames
from live.protocol.frames import EndedRequest
from live.protocol.topics import MACHINE

T = TypeVar("T")
MINUTE = timedelta(minutes=1)


class Load(NamedTuple):
    """What a process serves at the moment."""

    sockets: int
    screens: int


class MachineCounts(msgspec.Struct, kw_only=True):
    """What one process sends to the others. Only the first one is sent while nobody looks."""

    process: frames.MachineProcess
    storage: frames.StorageFigures | None = None
    database: frames.DatabaseFigures | None = None
    redis: frames.RedisFigures | None = None
    slowest_queries: EndedRequest | None = None


class MachineTopic:
    """Joins what each process says of itself and of the machine (DashboardTopic).

    `threads` is the number of requests that a process handles at the same time.
    """

    name = MACHINE

    def __init__(
        self,
        process: str,
        *,
        version: str,
        threads: int,
        reader: ProcessReader,
        loop_lag: LoopLag,
        monitor: MachineMonitor,
        meter: RouteMeter,
        traffic: ViewerTraffic,
        load: Callable[[], Load],
        alert_host: str | None,
    ) -> None:
        self._process = process
        self._alert_host = alert_host
        self._version = version
        self._threads = threads
        self._reader = reader
        self._loop_lag = loop_lag
        self._monitor = monitor
        self._meter = meter
        self._traffic = traffic
        self._load = load
        self._counts: dict[str, MachineCounts] = {}

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the figures of this process, and what it has read of the machine."""
        self._loop_lag.tick()
        self._traffic.tick()
        self._monitor.tick(time.monotonic(), is_watched=is_watched)
        readings = self._monitor.readings
        counts = MachineCounts(process=self._figures(), storage=storage_of(self._process, readings))
        if is_watched:
            counts.database = _database_of(self._process, readings)
            counts.redis = _redis_of(self._process, readings)
            counts.slowest_queries = most_query_time(
                self._meter.slowest.entries(), datetime.now(UTC)
            )
        return [msgspec.to_builtins(counts)]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process says."""
        for each in counts:
            self._counts[process] = msgspec.convert(each, MachineCounts)

    def remove(self, process: str) -> None:
        """Forget a process that has stopped."""
        self._counts.pop(process, None)

    def advance(self) -> None:
        """Do nothing: these are current values."""

    def frame(self, at: datetime) -> frames.Machine:
        """Return the frame for subscribers."""
        # `/metrics` is read in a thread while the event loop may change it: one step copies it.
        counts = [each for _, each in sorted(self._counts.items(), key=itemgetter(0))]
        return frames.Machine(
            topic=MACHINE,
            at=at,
            processes=tuple(each.process for each in counts),
            storage=_first(each.storage for each in counts),
            database=_first(each.database for each in counts),
            redis=_first(each.redis for each in counts),
            slowest_queries=most_query_time(
                (each.slowest_queries for each in counts if each.slowest_queries), at
            ),
            alert_host=self._alert_host,
        )

    def _figures(self) -> frames.MachineProcess:
        reading, load = self._reader.read(), self._load()
        return frames.MachineProcess(
            process=self._process,
            pid=self._reader.pid,
            host=self._reader.host,
            version=self._version,
            started_at=_moment(self._reader.started_at),
            rss_bytes=reading.rss_bytes,
            cpu_seconds=round(reading.cpu_seconds, 3),
            cpu_percent=round(reading.cpu_percent, 1),
            lag_ms=dict(self._loop_lag.percentiles()),
            threads_busy=self._meter.running_count,
            threads=self._threads,
            sockets=load.sockets,
            screens=load.screens,
            dashboard_cpu_percent=round(reading.dashboard_cpu_percent, 2),
            viewers=self._traffic.viewers,
            viewer_bytes=round(self._traffic.bytes_per_second),
        )


def storage_of(process: str, readings: Readings) -> frames.StorageFigures | None:
    """Return what a process has read of the disk, and how long it lasts."""
    storage = readings.storage
    if storage is None:
        return None
    known = growth(readings.first_size, StoredSize(storage.at, storage.stored))
    room = None if storage.free is None else storage.free + storage.reusable
    days = None if room is None else days_left(room, known)
    return frames.StorageFigures(
        process=process,
        at=_moment(storage.at),
        size_bytes=storage.size,
        wal_bytes=storage.wal,
        free_bytes=storage.free,
        total_bytes=storage.total,
        growth_per_day=None if known is None else round(known.per_day),
        growth_since=None if known is None else _moment(known.since),
        days_left=None if days is None else round(days, 1),
        history_bytes=readings.history_bytes,
    )


def most_query_time(entries: Iterable[EndedRequest], now: datetime) -> EndedRequest | None:
    """Return the request of the last minute whose queries took longest."""
    recent = (entry for entry in entries if entry.queries and now - entry.at < MINUTE)
    return max(recent, key=lambda entry: entry.query_ms, default=None)


def _database_of(process: str, readings: Readings) -> frames.DatabaseFigures | None:
    reading, storage = readings.database, readings.storage
    if reading is None:
        return None
    checkpoint_at = reading.checkpoint_at
    if checkpoint_at is None and storage is not None and storage.checkpoint_at is not None:
        checkpoint_at = _moment(storage.checkpoint_at)
    rate = readings.transactions_per_second
    return frames.DatabaseFigures(
        process=process,
        at=_moment(reading.at),
        kind=reading.kind,
        version=reading.version,
        round_trip_ms=round(reading.round_trip_ms, 3),
        connections=reading.connections,
        max_connections=reading.max_connections,
        lock_waiters=reading.lock_waiters,
        lock_wait_ms=None if reading.lock_wait_ms is None else round(reading.lock_wait_ms, 3),
        transactions_per_second=None if rate is None else round(rate, 1),
        checkpoint_at=checkpoint_at,
    )


def _redis_of(process: str, readings: Readings) -> frames.RedisFigures | None:
    reading = readings.redis
    if reading is None:
        return None
    trip = reading.round_trip_ms
    return frames.RedisFigures(
        process=process,
        at=_moment(reading.at),
        answers=reading.answers,
        version=reading.version,
        memory_bytes=reading.memory_bytes,
        clients=reading.clients,
        round_trip_ms=None if trip is None else round(trip, 3),
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
