"""Puts the changes of one list in order, and detects a rewritten history. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from live.delivery.access_changes import NO_CHANGES, AccessChanges
from live.delivery.readings import Position

MAX_KEPT_CHANGES = 128
MAX_KEPT_BYTES = 262_144
"""The newest changes are kept, for sockets that subscribe while more changes arrive."""
MAX_EARLY = 1_000
"""Changes kept while an earlier one is missing; more than that are read from the log."""


class IncomingChange(NamedTuple):
    """One change from the channel layer or the log. `committed_at` is in epoch seconds.

    `received_at` is when this process got it, in seconds of `perf_counter`.
    `base` is the digest of the list before the change, `digest` the one after it.
    """

    version: int
    base: str
    digest: str
    frame: str
    access_changes: AccessChanges = NO_CHANGES
    committed_at: float | None = None
    received_at: float | None = None


class ChangeSequence:
    """Puts the changes of one list in order and detects that one is missing.

    It starts at a position. It returns each change once, directly after the
    change before it. The caller must not pass changes of another epoch.
    """

    def __init__(self, position: Position) -> None:
        self.epoch, self.version, self.digest = position
        self._oldest_digest = position.digest
        self.is_contradicted = False
        """Whether a change does not fit to the changes before: the history may be rewritten."""
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

    @property
    def position(self) -> Position:
        """The position after the newest returned change."""
        return Position(self.epoch, self.version, self.digest)

    def digest_at(self, version: int) -> str | None:
        """Return the digest after a version, or None if it is no longer kept."""
        if version == self.oldest_kept:
            return self._oldest_digest
        is_kept = self.oldest_kept < version <= self.version
        return self._kept[version - self.oldest_kept - 1].digest if is_kept else None

    def received_at(self, version: int) -> float | None:
        """Return when the change to a version was received, or None if that is not known."""
        is_kept = self.oldest_kept < version <= self.version
        return self._kept[version - self.oldest_kept - 1].received_at if is_kept else None

    def accept(self, change: IncomingChange) -> list[IncomingChange]:
        """Take a change and return those that can be delivered now, in order.

        A change that contradicts the changes before is dropped, with those after it.
        """
        if change.version <= self.version:
            self.is_contradicted |= self.digest_at(change.version) not in {None, change.digest}
            return []
        if len(self._early) < MAX_EARLY or change.version == self.version + 1:
            self._early.setdefault(change.version, change)
        deliverable = []
        while (next_change := self._early.pop(self.version + 1, None)) is not None:
            if next_change.base != self.digest:
                self.is_contradicted = True
                self._early.clear()
                break
            self.version += 1
            self.digest = next_change.digest
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
        self._oldest_digest = self.digest

    def _keep(self, change: IncomingChange) -> None:
        self._kept.append(change)
        self._kept_bytes += len(change.frame)
        while len(self._kept) > MAX_KEPT_CHANGES or self._kept_bytes > MAX_KEPT_BYTES:
            oldest = self._kept.popleft()
            self._kept_bytes -= len(oldest.frame)
            self._oldest_digest = oldest.digest
