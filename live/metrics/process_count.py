"""How many processes stopped without a successor. Pure."""

from __future__ import annotations

from collections import deque

STEADY_SECONDS = 10.0
"""Seconds that processes must run together before one of them can be missed."""
MEMORY_SECONDS = 600.0
"""Seconds after which fewer processes are taken to be intended."""


class ProcessCount:
    """Compares the number of processes with that of the last minutes.

    While a process is replaced, the old and the new one are counted together for a few
    seconds. So a number counts only after it was never lower for STEADY_SECONDS.
    """

    def __init__(self, *, time_scale: float = 1.0) -> None:
        self._steady = STEADY_SECONDS * time_scale
        self._memory = MEMORY_SECONDS * time_scale
        self._counts: deque[tuple[float, int]] = deque()
        self._steady_counts: deque[tuple[float, int]] = deque()
        """The steady numbers of the last minutes, each higher than the ones after it."""

    def observe(self, at: float, count: int) -> int:
        """Take the number of processes at a moment; return how many are missing."""
        is_steady = bool(self._counts) and at - self._counts[0][0] >= self._steady
        self._counts.append((at, count))
        while self._counts[0][0] < at - self._steady:
            self._counts.popleft()
        if is_steady:
            self._add_steady(at, min(number for _, number in self._counts))
        while self._steady_counts and self._steady_counts[0][0] < at - self._memory:
            self._steady_counts.popleft()
        expected = self._steady_counts[0][1] if self._steady_counts else count
        return max(0, expected - count)

    def _add_steady(self, at: float, count: int) -> None:
        while self._steady_counts and self._steady_counts[-1][1] <= count:
            self._steady_counts.pop()
        self._steady_counts.append((at, count))
