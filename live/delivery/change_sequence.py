"""One list's changes in order, whatever order they arrive in. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from live.delivery.access_changes import NO_CHANGES, AccessChanges

RING_CHANGES = 128
RING_BYTES = 262_144
"""What is kept of the newest changes, for sockets that attach while more arrive."""
MAX_EARLY = 1_000
"""Changes kept that came before the ones they follow; more are read from the log."""


class IncomingChange(NamedTuple):
    """One change, from the layer or from the log. `committed` is wall-clock seconds."""

    version: int
    frame: str
    effects: AccessChanges = NO_CHANGES
    committed: float | None = None


class ChangeSequence:
    """Puts the changes of one list in order and tells when one is missing.

    It starts at a position; each change comes out once, right after the one
    before it. Changes of another epoch are not its concern.
    """

    def __init__(self, epoch: str, version: int) -> None:
        self.epoch = epoch
        self.version = version
        self._early: dict[int, IncomingChange] = {}
        self._ring: deque[IncomingChange] = deque()
        self._ring_bytes = 0

    @property
    def gap(self) -> bool:
        """Whether a change is missing that a later one shows to exist."""
        return bool(self._early)

    @property
    def oldest_kept(self) -> int:
        """The oldest version after which every change is still at hand."""
        return self.version - len(self._ring)

    def accept(self, arrived: IncomingChange) -> list[IncomingChange]:
        """Take a change in; return those that are due now, in order."""
        if arrived.version <= self.version:
            return []
        if len(self._early) < MAX_EARLY or arrived.version == self.version + 1:
            self._early.setdefault(arrived.version, arrived)
        due = []
        while (following := self._early.pop(self.version + 1, None)) is not None:
            self.version += 1
            self._keep(following)
            due.append(following)
        return due

    def after(self, version: int) -> list[IncomingChange] | None:
        """Return the changes after a version, or None if they are no longer at hand."""
        if not self.oldest_kept <= version <= self.version:
            return None
        return list(self._ring)[len(self._ring) - (self.version - version) :]

    def forget(self) -> None:
        """Keep nothing of what was delivered so far."""
        self._ring.clear()
        self._ring_bytes = 0

    def _keep(self, arrived: IncomingChange) -> None:
        self._ring.append(arrived)
        self._ring_bytes += len(arrived.frame)
        while len(self._ring) > RING_CHANGES or self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft().frame)
