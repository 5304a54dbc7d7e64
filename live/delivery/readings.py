"""What is read from the change log: positions, changes, snapshots. Pure."""

from __future__ import annotations

from typing import NamedTuple

from live.delivery.access_changes import NO_CHANGES, AccessChanges
from live.protocol.frames import MAX_RESUME_BYTES


class Position(NamedTuple):
    """A point in the history of a list. The digest proves which history it is."""

    epoch: str
    version: int
    digest: str


class ListState(NamedTuple):
    """The position of a list, and whether the list exists outside of the trash."""

    position: Position
    exists: bool


class LoggedChange(NamedTuple):
    """One change from the log, as its subscribers get it, and the digests around it.

    `at` is when it was made, in epoch seconds.
    """

    version: int
    base: str
    digest: str
    frame: str
    access_changes: AccessChanges = NO_CHANGES
    at: float | None = None


class Tail(NamedTuple):
    """The newest changes of a list, without gaps: all after version `since`.

    `base` is the digest at `since`, None if it is not known.
    """

    epoch: str
    since: int
    base: str | None
    changes: tuple[LoggedChange, ...]

    @property
    def version(self) -> int:
        """The version after the newest change."""
        return self.since + len(self.changes)

    @property
    def digest(self) -> str:
        """The digest after the newest change; empty if it is not known."""
        return self.digest_at(self.version) or ""

    def digest_at(self, version: int) -> str | None:
        """Return the digest after a version, or None if it is not known."""
        if version == self.since:
            return self.base
        is_known = self.since < version <= self.version
        return self.changes[version - self.since - 1].digest if is_known else None

    def after(self, position: Position) -> tuple[LoggedChange, ...] | None:
        """Return what a client at a position missed, or None if it cannot resume from there.

        It cannot if it has another history, or has missed too much.
        """
        if position.epoch != self.epoch or self.digest_at(position.version) != position.digest:
            return None
        missed = self.changes[position.version - self.since :]
        is_small = sum(len(change.frame) for change in missed) <= MAX_RESUME_BYTES
        return missed if is_small else None


class EncodedSnapshot(NamedTuple):
    """A whole list at one version, as encoded frames."""

    epoch: str
    version: int
    digest: str
    parts: tuple[str, ...]


Reading = Tail | EncodedSnapshot
