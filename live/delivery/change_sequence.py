"""Puts the changes of one list in order. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from live.delivery.access_changes import NO_CHANGES, AccessChanges

MAX_KEPT_CHANGES = 128
MAX_KEPT_BYTES = 262_144
"""The newest changes are kept, for sockets that subscribe while more changes arrive."""
MAX_EARLY = 1_000
"""Changes kept while an earlier one is missing; more than that are read from the log."""


class IncomingChange(NamedTuple):
    """One change from the channel layer or the log. `committed_at` is in epoch seconds."""

    version: int
    frame: str
    access_changes: AccessChanges = NO_CHANGES
    committed_at: float | None = None


class ChangeSequence:
    """Puts the changes of one list in order and detects that one is missing.

    It starts at a position. It returns each change once, directly after the
    change before it. The caller must not pass changes of another epoch.
    """

    def __init__(self, epoch: str, version: int) -> None:
        self.epoch = epoch
        self.version = version
        self._early: dict[int, IncomingChange] = {}
        self._kept: deque[IncomingChange] = deque()
        self._kept_bytes = 0

    @property
    def has_gap(self) -> bool:
        """Whether a later change arrived while an earlier one is missing."""
        return bool(self._early)

    @property
    def oldest_kept(self) -> int:
        """The oldest version after which all changes are kept."""
        return self.version - len(self._kept)

    def accept(self, change: IncomingChange) -> list[IncomingChange]:
        """Take a change and return those that can be delivered now, in order."""
        if change.version <= self.version:
            return []
        if len(self._early) < MAX_EARLY or change.version == self.version + 1:
            self._early.setdefault(change.version, change)
        deliverable = []
        while (next_change := self._early.pop(self.version + 1, None)) is not None:
            self.version += 1
            self._keep(next_change)
            deliverable.append(next_change)
        return deliverable

    def after(self, version: int) -> list[IncomingChange] | None:
        """Return the changes after a version, or None if they are no longer kept."""
        if not self.oldest_kept <= version <= self.version:
            return None
        return list(self._kept)[len(self._kept) - (self.version - version) :]

    def clear_kept(self) -> None:
        """Drop the kept changes."""
        self._kept.clear()
        self._kept_bytes = 0

    def _keep(self, change: IncomingChange) -> None:
        self._kept.append(change)
        self._kept_bytes += len(change.frame)
        while len(self._kept) > MAX_KEPT_CHANGES or self._kept_bytes > MAX_KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft().frame)
