"""What the frames of the dashboard cost the network. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

SECONDS = 10
"""Seconds over which the bytes of a viewer are averaged: some topics send more every tenth."""


class ViewerTraffic:
    """Counts the bytes that are sent to those who look at the dashboard, each second.

    The bytes of a frame are those of its JSON, before a compression of the socket.
    """

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque(maxlen=SECONDS)
        self._bytes = 0
        self._viewers: set[object] = set()

    def add(self, size: int, subscribers: Collection[object]) -> None:
        """Count a frame of this many bytes that each of the subscribers gets."""
        self._viewers.update(subscribers)
        self._bytes += size * len(subscribers)

    def tick(self) -> None:
        """Begin the next second."""
        self._seconds.append((self._bytes, len(self._viewers)))
        self._bytes, self._viewers = 0, set()

    @property
    def viewers(self) -> int:
        """Who looked in the last second."""
        return self._seconds[-1][1] if self._seconds else 0

    @property
    def bytes_per_second(self) -> float:
        """The bytes a second of all viewers together, of the last seconds."""
        if not self._seconds:
            return 0.0
        return sum(size for size, _ in self._seconds) / len(self._seconds)
