"""The HTTP connections of one process: how many there may be, and how much they may hold.

A connection leaves the table when it becomes a WebSocket: sockets have their own limits
(live/connections). This module does no I/O; the protocol classes of the servers are its
connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from asgi_project.serving.request_limits import RequestProgress

MAX_CONNECTIONS = 4_000
"""HTTP connections of one process."""
RESERVED_DESCRIPTORS = 64
"""Kept free for the database, for Redis, for files, and to answer clients that are refused."""
MAX_UNFINISHED_BYTES = 16 * 1024 * 1024
"""Bodies of all requests of a process that are not answered yet."""
MAX_UNFINISHED_BYTES_PER_NETWORK = 4 * 1024 * 1024
SMALL_BODY_BYTES = 16 * 1024
"""Bodies up to this length are always accepted, so that no upload stops an edit."""


class Connection(Protocol):
    """One HTTP connection, as the table sees it."""

    progress: RequestProgress
    network: str | None
    """The network of the client; None is a trusted proxy, whose clients are many."""
    held_bytes: int

    def is_idle(self) -> bool:
        """Tell whether the connection waits for a request and has answered all others."""
        ...

    def close_idle(self) -> None:
        """Close the idle connection."""
        ...


class ConnectionTable:
    """Admits connections, counts what their unfinished requests hold, and lists late ones."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        max_per_network: int,
        max_descriptor: int,
        network_of: Callable[[str | None], str | None],
    ) -> None:
        """`max_per_network` is 0 for no limit."""
        self.now = clock
        self.refused_count = 0
        """Connections that were refused since the process started."""
        self._max_per_network = max_per_network
        self._max_descriptor = max_descriptor
        self._network_of = network_of
        self._networks: dict[str | None, set[Connection]] = {}
        self._held: dict[str | None, int] = {}
        self._count = self._total_held = 0

    def __len__(self) -> int:
        return self._count

    def admit(self, connection: Connection, *, host: str | None, descriptor: int) -> bool:
        """Add a connection unless there are too many.

        The system assigns the lowest free descriptor, so the number of a new one tells
        how many are in use, by anything.
        """
        connection.network = self._network_of(host)
        connection.held_bytes = 0
        if not self._has_room(connection.network, descriptor):
            self.refused_count += 1
            return False
        self._networks.setdefault(connection.network, set()).add(connection)
        self._count += 1
        return True

    def discard(self, connection: Connection) -> None:
        """Remove a connection that was closed or became a WebSocket. Safe to call twice."""
        self.release(connection)
        connections = self._networks.get(connection.network, set())
        if connection in connections:
            connections.remove(connection)
            self._count -= 1
        if not connections:
            self._networks.pop(connection.network, None)

    def hold(self, connection: Connection, length: int) -> bool:
        """Count further bytes of a body; return whether they may be kept."""
        if connection.progress.body_bytes <= SMALL_BODY_BYTES:
            return True
        network = connection.network
        of_network = self._held.get(network, 0) + length
        if self._total_held + length > MAX_UNFINISHED_BYTES:
            return False
        if network is not None and of_network > MAX_UNFINISHED_BYTES_PER_NETWORK:
            return False
        self._held[network] = of_network
        self._total_held += length
        connection.held_bytes += length
        return True

    def release(self, connection: Connection) -> None:
        """Forget what the connection held: its request was answered or refused."""
        length, connection.held_bytes = connection.held_bytes, 0
        if not length:
            return
        self._total_held -= length
        self._held[connection.network] -= length
        if not self._held[connection.network]:
            del self._held[connection.network]

    def late(self) -> list[Connection]:
        """Return the connections whose deadline has passed."""
        now = self.now()
        return [
            connection
            for connections in self._networks.values()
            for connection in connections
            if connection.progress.is_late(now)
        ]

    def _has_room(self, network: str | None, descriptor: int) -> bool:
        """Tell whether a connection can be admitted, if need be in place of an idle one."""
        connections = self._networks.get(network, set())
        is_limited = network is not None and self._max_per_network > 0
        if is_limited and len(connections) >= self._max_per_network:
            return self._close_idle(connections)
        if descriptor >= self._max_descriptor + RESERVED_DESCRIPTORS // 2:
            return False
        if descriptor >= self._max_descriptor or self._count >= MAX_CONNECTIONS:
            return self._close_idle(max(self._networks.values(), key=len, default=set()))
        return True

    def _close_idle(self, connections: set[Connection]) -> bool:
        """Close an idle one of these connections; return False if there is none."""
        for connection in connections:
            if connection.is_idle():
                connection.close_idle()
                self.discard(connection)
                return True
        return False
