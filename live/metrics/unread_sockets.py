"""Which clients have stopped to read, although bytes wait for them in the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

from live.connections.connection import Connection
from live.connections.registry import ConnectionRegistry


class Unread(NamedTuple):
    """What a client has not taken yet, in bytes, and since when it has taken nothing at all."""

    waiting: int
    acknowledged: int
    since: float


class UnreadSockets:
    """Asks the kernel about the sockets that follow lists, at most once in `interval` seconds.

    The buffers of two kernels take megabytes before anything waits in the process. A look costs
    two system calls for each socket, so it is for readers of the dashboard only.
    """

    def __init__(self, registry: ConnectionRegistry, *, interval: float) -> None:
        self._registry = registry
        self._interval = interval
        self._looked_at = float("-inf")
        self._unread: dict[Connection, Unread] = {}

    def look(self) -> None:
        """Note which clients have not taken a byte since the last look."""
        now = perf_counter()
        if now - self._looked_at < self._interval / 2:
            return
        before = self._unread if now - self._looked_at < 3 * self._interval else {}
        self._looked_at, self._unread = now, {}
        for connection in self._registry.all_connections():
            if not connection.subscriptions:
                continue
            waiting, acknowledged = connection.unread_bytes() or (0, 0)
            if waiting:
                last = before.get(connection)
                is_stuck = last is not None and last.acknowledged == acknowledged
                since = last.since if last is not None and is_stuck else now
                self._unread[connection] = Unread(waiting, acknowledged, since)

    def get(self, connection: Connection) -> Unread | None:
        """Return what a client had not taken at the last look."""
        return self._unread.get(connection)

    def stalled(self, seconds: float) -> Iterator[tuple[Connection, float]]:
        """Yield the clients that have taken nothing for so long, and for how long."""
        now = perf_counter()
        for connection, unread in self._unread.items():
            if now - unread.since >= seconds:
                yield connection, now - unread.since
