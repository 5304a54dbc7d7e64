"""The topic `ops:delivery`: the path of changes to the screens, in all processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from live.connections.registry import ConnectionRegistry
from live.connections.screens import Screens
from live.counters import counters
from live.delivery.hub import Hub
from live.delivery_meter import HOPS, DeliveryMeter
from live.metrics.edit_path import DeliveryCounts, EditPath, HopCounts
from live.protocol import frames
from live.protocol.topics import DELIVERY


class DeliveryTopic:
    """Joins the meter of this process and the sum of all processes (DashboardTopic)."""

    name = DELIVERY

    def __init__(
        self,
        meter: DeliveryMeter,
        *,
        registry: ConnectionRegistry,
        hub: Hub,
        screens: Screens,
    ) -> None:
        self._meter = meter
        self._registry = registry
        self._hub = hub
        self._screens = screens
        self._path = EditPath()
        self._failed_writes = counters.failed_writes
        self._before = (counters.resumed, counters.snapshots, counters.repairs)

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return all numbers of this process; the histograms only while it is watched."""
        failed_writes = counters.failed_writes - self._failed_writes
        self._failed_writes += failed_writes
        self._meter.errors["request"].add(failed_writes)
        counts = self._counts(is_watched=is_watched)
        self._meter.tick()
        stopped = self._path.stopped if everything else {}
        return [msgspec.to_builtins(counts), msgspec.to_builtins(stopped)]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process has counted."""
        own, stopped = counts
        self._path.put(
            process,
            msgspec.convert(own, DeliveryCounts),
            msgspec.convert(stopped, dict[str, DeliveryCounts]),
        )

    def remove(self, process: str) -> None:
        """Note that a process has stopped."""
        self._path.remove(process)

    def advance(self) -> None:
        """Do nothing: the sum is made when it is shown."""

    def frame(self, at: datetime) -> frames.Delivery:
        """Return the frame for subscribers."""
        path = self._path
        return frames.Delivery(
            topic=DELIVERY,
            at=at,
            hops=path.hops(),
            relays=path.relays(),
            budget=path.budget(),
            reporting=path.total("reporting"),
            screens=path.total("screens"),
            resumes=path.total("resumes"),
            snapshots=path.total("snapshots"),
            repairs=path.total("repairs"),
            mismatches=path.total("mismatches"),
            close_codes=path.totals_by_key("close_codes"),
            refusals=path.totals_by_key("refusals"),
        )

    def _counts(self, *, is_watched: bool) -> DeliveryCounts:
        meter = self._meter
        reporting, screens = self._screens.count_reporting()
        totals = (counters.resumed, counters.snapshots, counters.repairs)
        resumes, snapshots, repairs = (
            now - before for now, before in zip(totals, self._before, strict=True)
        )
        return DeliveryCounts(
            since=meter.started_at,
            promised=meter.promised,
            live=meter.live,
            resumed=meter.resumed,
            copied=meter.copied,
            withdrawn=meter.withdrawn,
            waiting=self._waiting_changes(),
            longest_ms=round(meter.longest_seconds * 1000, 2),
            longest_at=meter.longest_ended_at,
            resumes=resumes,
            snapshots=snapshots,
            repairs=repairs,
            mismatches=meter.mismatches,
            close_codes=dict(meter.close_codes),
            refusals=dict(meter.refusals),
            reporting=reporting,
            screens=screens,
            hops=self._hops() if is_watched else [],
        )

    def _waiting_changes(self) -> int:
        connections = self._registry.all_connections()
        in_queues = sum(connection.writer.waiting_changes for connection in connections)
        return in_queues + self._hub.waiting_changes

    def _hops(self) -> list[HopCounts]:
        return [
            HopCounts(
                name,
                list(self._meter.hops[name].buckets().items()),
                self._meter.errors[name].total,
            )
            for name in HOPS
        ]
