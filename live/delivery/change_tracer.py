"""Follows single changes on their way through one process, while a page shows them.

Only the event loop uses it. While it is on, a change costs one entry for each socket that
follows its list. It keeps the newest changes only, so its memory is bounded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec

from live.delivery.change_sequence import IncomingChange
from live.delivery.readings import Position
from live.delivery.send_queue import Batch, SendQueue
from shopping_list.rows import Person, Verb, topic_of

MAX_TRACES = 20
"""Changes that one process follows at the same time. A new one replaces the oldest."""


class ChangeHead(msgspec.Struct):
    """The fields of a change's frame that describe it, without its rows."""

    topic: str
    epoch: str
    version: int
    at: datetime
    actor: Person | None
    verb: Verb


@dataclass(slots=True)
class SocketTimes:
    """When one socket got a change, in ms after the commit; None means not yet.

    `shown_ms` is when its screen reported this change or a later one, without the time for
    which the report was held back. `owner` is for the reader, who knows whose socket it is.
    """

    written_ms: float | None = None
    shown_ms: float | None = None
    owner: Any = None


@dataclass(slots=True)
class Trace:
    """One change in this process. Times are in ms after the commit, and negative before it.

    `hops` has the durations of the parts that the process has that wrote the change.
    `received_ms` and `handed_ms` are when this process had the change in order, and when the
    hub gave it to the send queues. `is_changed` is for the reader.
    """

    head: ChangeHead
    committed_at: float
    hops: dict[str, float] = field(default_factory=dict)
    received_ms: float | None = None
    handed_ms: float | None = None
    sockets: dict[SendQueue, SocketTimes] = field(default_factory=dict)
    is_changed: bool = True

    def milliseconds(self, moment: float) -> float:
        """Return a moment of `perf_counter` in ms after the commit.

        The clocks of two machines differ, and nothing is received before it was committed.
        """
        wall_time = time.time() - (perf_counter() - moment)
        return max(0.0, (wall_time - self.committed_at) * 1000)


_head_decoder = msgspec.json.Decoder(ChangeHead)
_Key = tuple[str, str, int]


class ChangeTracer:
    """The newest changes of this process and where they are. It publishes nothing."""

    def __init__(self) -> None:
        self._traces: dict[_Key, Trace] = {}

    def change_written(self, message: dict[str, Any], hops: dict[str, float]) -> None:
        """Begin to follow a change of this process. `hops` are durations in ms."""
        trace = self._trace(message["frame"], message["committed_at"])
        trace.hops = hops
        trace.is_changed = True

    def change_delivered(self, change: IncomingChange, send_queues: Iterable[SendQueue]) -> None:
        """Note that a change is in order, and which sockets get it."""
        if change.committed_at is None:
            return
        trace = self._trace(change.frame, change.committed_at)
        if change.received_at is not None:
            trace.received_ms = trace.milliseconds(change.received_at)
        for send_queue in send_queues:
            trace.sockets.setdefault(send_queue, SocketTimes())
        trace.is_changed = True

    def batch_written(self, batch: Batch, send_queue: SendQueue) -> None:
        """Note that one socket took the live changes of a batch."""
        position: Position | None = batch.before
        if position is None or batch.topic is None:
            return
        for number in range(1, batch.live_count + 1):
            trace = self._traces.get((batch.topic, position.epoch, position.version + number))
            if trace is None or (times := trace.sockets.get(send_queue)) is None:
                continue
            times.written_ms = trace.milliseconds(perf_counter())
            if trace.handed_ms is None:
                trace.handed_ms = trace.milliseconds(batch.handed_at)
            trace.is_changed = True

    def version_shown(
        self, list_id: UUID, version: int, send_queue: SendQueue, *, held_seconds: float
    ) -> None:
        """Note that a screen shows a version of a list, and with it all versions before."""
        topic = topic_of(list_id)
        for (traced_topic, _, traced_version), trace in self._traces.items():
            if traced_topic != topic or traced_version > version:
                continue
            times = trace.sockets.get(send_queue)
            if times is not None and times.shown_ms is None:
                times.shown_ms = trace.milliseconds(perf_counter() - held_seconds)
                trace.is_changed = True

    def take_changed(self) -> list[Trace]:
        """Return the traces that have changed since the last call."""
        changed = [trace for trace in self._traces.values() if trace.is_changed]
        for trace in changed:
            trace.is_changed = False
        return changed

    def _trace(self, frame: bytes | str, committed_at: float) -> Trace:
        head = _head_decoder.decode(frame)
        key = (head.topic, head.epoch, head.version)
        trace = self._traces.get(key)
        if trace is None:
            trace = self._traces[key] = Trace(head, committed_at)
            if len(self._traces) > MAX_TRACES:
                del self._traces[next(iter(self._traces))]
        return trace
