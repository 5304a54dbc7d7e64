"""What a topic of the dashboard must tell: its counts in this process, and the sum of all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec


class DashboardTopic(Protocol):
    """A topic whose subscribers get a frame each second, which replaces the one before.

    Each process sends what it counted to all others, and each adds up what all have counted.
    So every process can show the same sum, and none of them asks another. If its totals must
    survive restarts, it is a StoredTopic too.
    """

    name: str
    """The name of the topic. A name like `ops:…` is for staff only (protocol/topics.py)."""

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return what this process counted since the last call, as JSON values.

        It is called once a second, and the result is sent to all processes. `everything` asks
        for all of it, because a process has started that knows nothing. `is_watched` says
        whether the topic had a subscriber in any process a second ago: what is expensive to
        collect is collected only then.
        """

    def put(self, process: str, counts: list[Any]) -> None:
        """Store what a process has counted: what `local_counts` returned there."""

    def remove(self, process: str) -> None:
        """Note that a process has stopped. Its totals stay, its current values do not."""

    def advance(self) -> None:
        """Add up all processes. It is called once a second."""

    def frame(self, at: datetime) -> msgspec.Struct:
        """Return the frame for subscribers, as of the last `advance`."""


@runtime_checkable
class PrivateTopic(Protocol):
    """What a DashboardTopic also has if each subscriber gets a frame of its own.

    The hub does not know its subscribers, and `frame` is never sent.
    """

    has_subscribers: Callable[[], bool]


@runtime_checkable
class StoredTopic(Protocol):
    """What a DashboardTopic also has if its totals must survive restarts.

    The totals are stored once a second, before they are shown, and added up without knowing
    what they mean. They are numbers for each row, such as
    `{"post_save Activity": {"sends": 6120, "errors": 0}}`. Numbers must never decrease while
    the process runs, and the number of rows must have a limit: each row is written each second.
    What is not a total (gauges, histograms of the last minute, times) does not belong here.
    """

    name: str

    def totals(self) -> dict[str, dict[str, int]]:
        """Return what this process has counted since its start.

        It is called once a second, before `local_counts`. That must not return later counts
        than this: what is shown must have been stored before.
        """

    def restore(self, process: str, totals: dict[str, dict[str, int]]) -> None:
        """Take over what another process had counted when this process started.

        It is called once for each process that ever ran. A process that still runs goes on
        to send its counts, and `put` replaces these totals. If the samples of a process are
        missing, it is called again with later totals: then the higher ones count.
        """
