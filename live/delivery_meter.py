"""Counts what happens to changes on their way to the screens, in one process.

It has the durations of each hop, what became of the changes that screens were owed, and how
sockets ended. Only the event loop adds to it. It publishes nothing.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from time import perf_counter
from typing import Any, Protocol
from uuid import UUID

from live.histogram import WINDOW_SECONDS, Histogram

HOPS = (
    "request",
    "recording",
    "commit",
    "publisher",
    "layer",
    "relay",
    "order",
    "hub",
    "socket",
    "network",
    "paint",
)
"""The parts of the path of a change, in their order (docs/dashboard.md says what each is)."""
MAX_REPORTED_MS = 60_000
"""A client that reports a longer time is not counted: its clock was changed, or it slept."""
PROTOCOL_CODES = frozenset({1000, 1001, 1002, 1003, *range(1005, 1016)})
OTHER_CODE = "other"


class WrittenBatch(Protocol):
    """A batch of changes that was written to a socket (send_queue.Batch)."""

    @property
    def live_count(self) -> int:
        """The number of changes in it."""

    @property
    def handed_at(self) -> float:
        """When the hub gave it to the send queues."""

    @property
    def age(self) -> float:
        """The seconds between the commit of its oldest change and `handed_at`."""


class Tracer(Protocol):
    """Follows single changes (delivery/change_tracer.py)."""

    def change_written(self, message: dict[str, Any], hops: dict[str, float]) -> None:
        """Begin to follow a change of this process. `hops` are durations in ms."""

    def change_delivered(self, change: Any, send_queues: Iterable[Any]) -> None:
        """Note that a change is in order, and which sockets get it."""

    def batch_written(self, batch: Any, send_queue: Any) -> None:
        """Note that one socket took the live changes of a batch."""

    def version_shown(
        self, list_id: UUID, version: int, send_queue: Any, *, held_seconds: float
    ) -> None:
        """Note that a screen shows a version of a list, and with it all versions before."""


class RecentCount:
    """A number of events in the last WINDOW_SECONDS."""

    def __init__(self) -> None:
        self._seconds: deque[int] = deque([0], maxlen=WINDOW_SECONDS)

    def add(self, count: int = 1) -> None:
        """Count one event, or several."""
        self._seconds[-1] += count

    def tick(self) -> None:
        """Start the next second and drop the oldest one."""
        self._seconds.append(0)

    @property
    def total(self) -> int:
        """The events of the window."""
        return sum(self._seconds)


class DeliveryMeter:
    """The numbers of one process since it started.

    A screen that follows a list is owed each of its changes (`promised`). Each of these is
    written to its socket as it happens (`live`), or read from the log later (`resumed`), or
    replaced by a snapshot (`copied`), or no longer owed because the screen stopped to follow
    the list (`withdrawn`), or still waiting. What remains is lost.
    """

    def __init__(self) -> None:
        self.started_at = time.time()
        self.hops = {name: Histogram() for name in HOPS}
        self.errors = {name: RecentCount() for name in HOPS}
        self.promised = 0
        self.live = 0
        self.resumed = 0
        self.copied = 0
        self.withdrawn = 0
        self.longest_seconds = 0.0
        """The longest time between the commit of a change and its writing to a socket."""
        self.longest_ended_at: float | None = None
        """When that was, in epoch seconds."""
        self.went_back_at: float | None = None
        """When it was noticed last that the database has another history, in epoch seconds."""
        self.mismatches = 0
        """How often a screen began to show rows that the list never had."""
        self.close_codes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._socket_times = self.hops["socket"]
        self.tracer: Tracer | None = None
        """Follows single changes while a page shows them."""

    def tick(self) -> None:
        """Start the next second of all windows."""
        for name in HOPS:
            self.hops[name].tick()
            self.errors[name].tick()

    def batch_written(self, batch: WrittenBatch, send_queue: Any) -> None:
        """Count a batch of live changes that one socket took."""
        if self.tracer is not None:
            self.tracer.batch_written(batch, send_queue)
        seconds = perf_counter() - batch.handed_at
        self._socket_times.observe(seconds * 1000)
        self.live += batch.live_count
        if seconds + batch.age > self.longest_seconds:
            self.note_convergence(seconds + batch.age)

    def note_convergence(self, seconds: float) -> None:
        """Note how long a socket that stayed open was without a change."""
        if seconds > self.longest_seconds:
            self.longest_seconds = seconds
            self.longest_ended_at = time.time()

    def report(self, hop: str, milliseconds: float) -> bool:
        """Count a duration that a client reported, if it can be true."""
        is_possible = 0 <= milliseconds <= MAX_REPORTED_MS
        if is_possible:
            self.hops[hop].observe(milliseconds)
        return is_possible

    def socket_closed(self, code: int, *, is_ours: bool) -> None:
        """Count the end of a socket. Clients choose their codes, so few of them have a row."""
        is_known = is_ours or code in PROTOCOL_CODES
        self.close_codes[str(code) if is_known else OTHER_CODE] += 1

    def handshake_refused(self, reason: str) -> None:
        """Count a socket that was closed before its `welcome`."""
        self.refusals[reason] += 1
