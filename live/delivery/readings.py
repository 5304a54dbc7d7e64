"""What is read from the change log: positions, changes, snapshots. Pure."""

from __future__ import annotations

from typing import NamedTuple

from live.delivery.access_changes import NO_CHANGES, AccessChanges
from live.protocol.frames import MAX_RESUME_BYTES

Position = tuple[str, int]
"""An epoch and a version."""


class ListState(NamedTuple):
    """The position of a list, and whether the list exists outside of the trash."""

    epoch: str
    version: int
    exists: bool


class LoggedChange(NamedTuple):
    """One change from the log, as its subscribers get it."""

    version: int
    frame: str
    access_changes: AccessChanges = NO_CHANGES


class Tail(NamedTuple):
    """The newest changes of a list, without gaps: `since` + 1 to `version`."""

    epoch: str
    since: int
    version: int
    changes: tuple[LoggedChange, ...]

    def after(self, since: int) -> tuple[LoggedChange, ...] | None:
        """Return what a client at `since` missed, or None if it cannot resume from there."""
        if not self.since <= since <= self.version:
            return None
        missed = self.changes[since - self.since :]
        is_small = sum(len(change.frame) for change in missed) <= MAX_RESUME_BYTES
        return missed if is_small else None


class EncodedSnapshot(NamedTuple):
    """A whole list at one version, as encoded frames."""

    epoch: str
    version: int
    parts: tuple[str, ...]


Reading = Tail | EncodedSnapshot
