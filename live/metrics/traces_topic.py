"""The topic `ops:traces`: single changes on their way to each screen of all processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from live.connections.connection import Connection
from live.connections.registry import ConnectionRegistry
from live.delivery.change_tracer import MAX_TRACES, ChangeTracer, Trace
from live.delivery.send_queue import SendQueue
from live.delivery_meter import DeliveryMeter
from live.protocol import frames
from live.protocol.topics import TRACES, parse_list_topic
from shopping_list.rows import Person

MAX_SCREENS = 50
"""Screens of one change that a process sends. The others are counted."""

_Key = tuple[str, str, int]


class TracesTopic:
    """Follows changes only while it is watched (DashboardTopic)."""

    name = TRACES

    def __init__(self, process: str, *, registry: ConnectionRegistry, meter: DeliveryMeter) -> None:
        self._process = process
        self._registry = registry
        self._meter = meter
        self._tracer: ChangeTracer | None = None
        self._parts: dict[_Key, dict[str, frames.ChangeTrace]] = {}
        """What each process knows of a change."""
        self._changed: dict[_Key, None] = {}
        self._current: tuple[frames.ChangeTrace, ...] = ()

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return what became known in this process since the last call."""
        if not is_watched:
            self._meter.tracer = self._tracer = None
            return []
        if self._tracer is None:
            self._meter.tracer = self._tracer = ChangeTracer()
        changed = self._tracer.take_changed()
        if not changed:
            return []
        connections = {
            connection.writer.send_queue: connection
            for connection in self._registry.all_connections()
            if connection.identity is not None
        }
        return [msgspec.to_builtins(self._part(trace, connections)) for trace in changed]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process knows of some changes."""
        for part in msgspec.convert(counts, list[frames.ChangeTrace]):
            key = (str(part.list), part.epoch, part.version)
            self._parts.setdefault(key, {})[process] = part
            self._changed[key] = None
        while len(self._parts) > MAX_TRACES:
            del self._parts[next(iter(self._parts))]

    def remove(self, process: str) -> None:
        """Keep what a process that stopped has told: it stays true."""

    def advance(self) -> None:
        """Join what the processes know of the changes that got new times."""
        changed = [joined(self._parts[key].values()) for key in self._changed if key in self._parts]
        self._changed.clear()
        self._current = tuple(sorted(changed, key=lambda trace: trace.at, reverse=True))

    def frame(self, at: datetime) -> frames.Traces:
        """Return the frame for subscribers."""
        return frames.Traces(topic=TRACES, at=at, traces=self._current)

    def _part(
        self, trace: Trace, connections: Mapping[SendQueue, Connection]
    ) -> frames.ChangeTrace:
        screens = [
            screen
            for send_queue in trace.sockets
            if (screen := self._screen(trace, send_queue, connections)) is not None
        ]
        list_id = parse_list_topic(trace.head.topic)
        assert list_id is not None
        process = frames.TracedProcess(
            process=self._process,
            received_ms=_rounded(trace.received_ms),
            handed_ms=_rounded(trace.handed_ms),
        )
        return frames.ChangeTrace(
            list=list_id,
            epoch=trace.head.epoch,
            version=trace.head.version,
            at=trace.head.at,
            actor=trace.head.actor,
            verb=trace.head.verb,
            hops={name: round(duration, 2) for name, duration in trace.hops.items()},
            processes=() if trace.received_ms is None else (process,),
            screens=tuple(islice(sorted(screens, key=_slowness), MAX_SCREENS)),
            screen_count=len(screens),
        )

    def _screen(
        self, trace: Trace, send_queue: SendQueue, connections: Mapping[SendQueue, Connection]
    ) -> frames.TracedScreen | None:
        """Return the row of a socket; None if it ended before anything was read of it."""
        times = trace.sockets[send_queue]
        is_open = send_queue in connections
        if is_open:
            times.owner = connections[send_queue]
        owner: Connection | None = times.owner
        if owner is None:
            return None
        return frames.TracedScreen(
            connection=owner.id,
            user=Person(owner.user.user_id, owner.user.name),
            device=owner.device,
            process=self._process,
            written_ms=_rounded(times.written_ms),
            shown_ms=_rounded(times.shown_ms),
            is_open=is_open,
        )


def joined(parts: Iterable[frames.ChangeTrace]) -> frames.ChangeTrace:
    """Return one change as all processes together know it, the slowest screens first."""
    parts = list(parts)
    return msgspec.structs.replace(
        parts[0],
        hops=next((part.hops for part in parts if part.hops), {}),
        processes=tuple(process for part in parts for process in part.processes),
        screens=tuple(sorted((screen for part in parts for screen in part.screens), key=_slowness)),
        screen_count=sum(part.screen_count for part in parts),
    )


def _slowness(screen: frames.TracedScreen) -> tuple[float, float]:
    """Return what sorts the slowest screen first: that which has not got the change at all."""
    shown, written = screen.shown_ms, screen.written_ms
    return (
        float("-inf") if written is None else -written,
        float("-inf") if shown is None else -shown,
    )


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 2)
