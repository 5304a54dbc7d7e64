"""One line in the terminal that says how far a long command is, and how long it still takes."""

from __future__ import annotations

import time
from typing import IO

INTERVAL = 0.5
"""Seconds between two texts."""


class Progress:
    """Writes "12,000 of 50,000 rows, 4 s left" over and over. It is silent in a file or a pipe."""

    def __init__(self, stream: IO[str], unit: str) -> None:
        self._stream, self._unit = stream, unit
        self._is_shown = stream.isatty()
        self._begin = self._last = time.monotonic()

    def advance(self, done: int, total: int) -> None:
        """Say that `done` of `total` are done."""
        if self._is_due():
            rest = self._rest(done, total, time.monotonic())
            self._write(f"{done:,} of {total:,} {self._unit}{rest}")

    def count(self, done: int, part: str) -> None:
        """Say that `done` are done of a part whose size is not known."""
        if self._is_due():
            self._write(f"{part}: {done:,} {self._unit}")

    def end(self) -> None:
        """Remove the line."""
        if self._is_shown:
            self._write("")

    def _is_due(self) -> bool:
        now = time.monotonic()
        if not self._is_shown or now - self._last < INTERVAL:
            return False
        self._last = now
        return True

    def _rest(self, done: int, total: int, now: float) -> str:
        if not done:
            return ""
        seconds = (now - self._begin) * (total - done) / done
        return f", {seconds / 60:.0f} min left" if seconds >= 90 else f", {seconds:.0f} s left"

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text}\x1b[K")
        self._stream.flush()
