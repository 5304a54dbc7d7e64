"""The topic `ops:screens`: the sockets of all processes, the slowest first."""

from __future__ import annotations

import heapq
import time
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from live.connections.connection import Connection
from live.connections.registry import ConnectionRegistry
from live.connections.screens import Screens, ScreenState
from live.metrics.unread_sockets import UnreadSockets
from live.protocol import frames
from live.protocol.topics import SCREENS, parse_list_topic
from shopping_list.rows import Person

MAX_ROWS = 50
"""Rows of one process, and of the frame. The other sockets are only counted."""


class _Standing(NamedTuple):
    """How far a socket is behind: of two, the greater one is the slower one."""

    is_different: bool
    oldest_ms: float
    changes_behind: int
    round_trip_ms: float


class ScreensTopic:
    """Shows the slowest sockets (DashboardTopic). It looks at them only while it is watched."""

    name = SCREENS

    def __init__(
        self,
        process: str,
        *,
        registry: ConnectionRegistry,
        screens: Screens,
        unread: UnreadSockets,
    ) -> None:
        self._process = process
        self._registry = registry
        self._screens = screens
        self._rows: dict[str, list[frames.ScreenRow]] = {}
        self._totals: dict[str, int] = {}
        self._unread = unread

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the number of sockets and the slowest of them; nothing while nobody looks."""
        if not is_watched:
            return []
        connections = [
            connection
            for connection in self._registry.all_connections()
            if connection.identity is not None
        ]
        self._unread.look()
        slowest = heapq.nlargest(MAX_ROWS, connections, key=self._standing)
        rows = [msgspec.to_builtins(self._row(connection)) for connection in slowest]
        return [len(connections), rows]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store the sockets of a process."""
        if counts:
            self._totals[process], rows = counts
            self._rows[process] = msgspec.convert(rows, list[frames.ScreenRow])
        else:
            self.remove(process)

    def remove(self, process: str) -> None:
        """Forget the sockets of a process."""
        self._totals.pop(process, None)
        self._rows.pop(process, None)

    def advance(self) -> None:
        """Do nothing: the rows are current values."""

    def frame(self, at: datetime) -> frames.ScreenTable:
        """Return the frame for subscribers."""
        rows = (row for rows in self._rows.values() for row in rows)
        return frames.ScreenTable(
            topic=SCREENS,
            at=at,
            total=sum(self._totals.values()),
            rows=tuple(heapq.nlargest(MAX_ROWS, rows, key=_standing_of_row)),
        )

    def _row(self, connection: Connection) -> frames.ScreenRow:
        user = connection.user
        standing = self._standing(connection)
        round_trip_ms = self._screens.round_trip_ms(connection)
        pending_frames, pending_bytes = connection.writer.pending
        unread = self._unread.get(connection)
        opened_at = time.time() - (time.monotonic() - connection.opened_at)
        lists = map(parse_list_topic, connection.subscriptions)
        return frames.ScreenRow(
            connection=connection.id,
            user=Person(user.user_id, user.name),
            device=connection.device,
            lists=tuple(list_id for list_id in lists if list_id is not None),
            process=self._process,
            since=datetime.fromtimestamp(opened_at, UTC),
            round_trip_ms=None if round_trip_ms is None else round(round_trip_ms, 1),
            pending_frames=pending_frames,
            pending_bytes=pending_bytes + (unread.waiting if unread else 0),
            oldest_ms=round(standing.oldest_ms) or None,
            changes_behind=standing.changes_behind,
            is_blocked=connection.writer.is_blocked,
            state=self._state(connection),
        )

    def _standing(self, connection: Connection) -> _Standing:
        """Compare what a socket was sent, has taken and has confirmed."""
        since = connection.writer.waiting_since
        behind = connection.writer.waiting_changes
        is_different = False
        unread = self._unread.get(connection)
        if unread is not None:
            since = unread.since if since is None else min(since, unread.since)
        for topic in connection.subscriptions:
            status = self._screens.status(connection, topic)
            if status is not None:
                is_different |= status.state == "different"
                behind = max(behind, status.changes_behind)
                if status.behind_since is not None:
                    since = min(since or status.behind_since, status.behind_since)
        return _Standing(
            is_different,
            0.0 if since is None else (perf_counter() - since) * 1000,
            behind,
            self._screens.round_trip_ms(connection) or 0.0,
        )

    def _state(self, connection: Connection) -> ScreenState | None:
        """Return the worst state of the lists that a socket shows."""
        states = {
            status.state
            for topic in connection.subscriptions
            if (status := self._screens.status(connection, topic)) is not None
        }
        worst_first: tuple[ScreenState, ...] = ("different", "behind", "identical")
        return next((state for state in worst_first if state in states), None)


def _standing_of_row(row: frames.ScreenRow) -> _Standing:
    return _Standing(
        row.state == "different", row.oldest_ms or 0.0, row.changes_behind, row.round_trip_ms or 0.0
    )
