"""Which screens of this process do not show the newest changes, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from live.connections.connection import Connection
from live.connections.screens import ScreenBehind
from live.intervals import Intervals
from live.metrics.verdict import LaggingScreen

MAX_LAGGING = 10
"""The slowest screens that are told to the other processes."""


class _Shown(NamedTuple):
    """The version that a screen showed when a newer one was noticed, in monotonic seconds."""

    version: int
    since: float


class LaggingScreens:
    """Notes since when each screen shows an outdated version. It keeps only those that do.

    Under steady editing every screen is outdated for a moment, and shows another version
    in the next moment. So only one that stays at the same version is behind.
    """

    def __init__(self, intervals: Intervals) -> None:
        self._intervals = intervals
        self._outdated: dict[tuple[Connection, str], _Shown] = {}

    def update(
        self,
        screens: Iterable[ScreenBehind],
        now: float,
        stalled: Iterable[tuple[Connection, float]] = (),
    ) -> list[LaggingScreen]:
        """Take the screens that are behind now; return the slow ones, slowest first.

        `stalled` are clients that read nothing, and for how long: they may not even know that
        they are behind.
        """
        earlier, self._outdated = self._outdated, {}
        lagging = []
        slow: set[Connection] = set()
        for screen in screens:
            key = screen.connection, screen.topic
            shown = earlier.get(key)
            if shown is None or shown.version != screen.shown:
                shown = _Shown(screen.shown, now)
            self._outdated[key] = shown
            seconds = now - shown.since
            if seconds >= self._max_lag(screen.connection):
                name = screen.connection.user.name
                changes = screen.version - screen.shown
                lagging.append(LaggingScreen(name, round(seconds, 1), changes))
                slow.add(screen.connection)
        for connection, seconds in stalled:
            if connection not in slow:
                changes = connection.writer.waiting_changes
                lagging.append(LaggingScreen(connection.user.name, round(seconds, 1), changes))
        return sorted(lagging, key=lambda screen: -screen.seconds)[:MAX_LAGGING]

    def _max_lag(self, connection: Connection) -> float:
        writer = connection.writer
        if writer.is_blocked or writer.send_queue.is_lagging:
            return self._intervals.blocked_screen_lag
        return self._intervals.screen_lag
