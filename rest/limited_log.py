"""Log lines that clients cause: a few for each of them, and the number of the others."""

from __future__ import annotations

import logging
from threading import Lock
from time import monotonic
from typing import Any

from rest.rate_limit import RateLimiter, TokenBucket

LINES_PER_SECOND = 1 / 60
"""Lines of one kind that a network or a user may cause, after the first ones."""
BURST_SECONDS = 600.0
"""They may cause the lines of these seconds at once: 10 lines."""
ALL_LINES_PER_SECOND = 1.0
"""Lines of one kind that all of them together may cause, after the first ones."""
ALL_LINES_AT_ONCE = 100
"""Lines of one kind that all of them together may cause at once."""


class LineLimit:
    """Says which lines of one kind may be written. It counts in the memory of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left_out = 0
        self.clear()

    def take(self, cause: str) -> int | None:
        """Count a line of this network or user; return None if it may not be written.

        If it may, return how many were left out since the last one.
        """
        with self._lock:
            if not self._may_write(cause, monotonic()):
                self._left_out += 1
                return None
            left_out, self._left_out = self._left_out, 0
            return left_out

    def clear(self) -> None:
        """Forget who has caused lines."""
        self._causes = RateLimiter(BURST_SECONDS)
        self._all = TokenBucket(rate=ALL_LINES_PER_SECOND, burst=ALL_LINES_AT_ONCE)
        self._left_out = 0

    def _may_write(self, cause: str, now: float) -> bool:
        wait = self._causes.wait(cause, rate=LINES_PER_SECOND, now=now)
        if wait or not self._all.take(now):
            return False
        self._causes.take(cause, rate=LINES_PER_SECOND, now=now)
        return True


class LimitedLog:
    """Writes warnings of one kind, within limits."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._limit = LineLimit()

    def write(self, network: str, message: str, *args: Any) -> None:
        """Write a warning if the network may still cause one. Otherwise count it.

        The next line that is written is followed by one that says how many were left out.
        """
        left_out = self._limit.take(network)
        if left_out is None:
            return
        self._logger.warning(message, *args, stacklevel=2)
        if left_out:
            self._logger.warning(
                "%d lines like the one before were left out since the last of them",
                left_out,
                stacklevel=2,
            )

    def clear(self) -> None:
        """Forget which networks have caused lines."""
        self._limit.clear()
