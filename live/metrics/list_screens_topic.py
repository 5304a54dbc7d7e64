"""How many screens show each list, in all processes, for the topic `people`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from live.connections.screens import ScreenCounts, Screens
from live.protocol import frames
from live.protocol.topics import PEOPLE

ProcessScreens = dict[str, ScreenCounts]
"""The screens of one process by the id of the list."""


class ListScreensTopic:
    """Tells the other processes which screens show each list (DashboardTopic, PrivateTopic).

    `people` sends each subscriber the sums for the lists that the subscriber may view, so
    this topic has no frame that all of them could get.
    """

    name = PEOPLE

    def __init__(self, screens: Screens, has_subscribers: Callable[[], bool]) -> None:
        self._screens = screens
        self.has_subscribers = has_subscribers
        self._processes: dict[str, ProcessScreens] = {}

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the lists with screens; nothing while nobody looks."""
        if not is_watched:
            return []
        return [[str(list_id), *counts] for list_id, counts in self._screens.count_by_list()]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store the screens of a process."""
        self._processes[process] = {list_id: ScreenCounts(*row) for list_id, *row in counts}

    def remove(self, process: str) -> None:
        """Forget the screens of a process."""
        self._processes.pop(process, None)

    def advance(self) -> None:
        """Do nothing: the counts are current values."""

    def frame(self, at: datetime) -> frames.People:
        """Return a frame of nobody. It is never sent: each subscriber gets its own one."""
        return frames.People(topic=PEOPLE, people=(), screens=())

    def counts(self, list_id: UUID) -> ScreenCounts:
        """Return the screens of a list in all processes."""
        key = str(list_id)
        known = [screens[key] for screens in self._processes.values() if key in screens]
        return ScreenCounts(*map(sum, zip(*known, strict=True))) if known else ScreenCounts()
