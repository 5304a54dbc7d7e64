"""Reads a list's log: what came after a version, or the whole list as it is now.

Two thousand sockets that resume on one list ask the same thing at once, so
readings are shared: one flight at a time, kept while they are of use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from live.db_threads import run_in_db_thread
from live.delivery.access_changes import NO_CHANGES, AccessChanges, access_changes_of
from live.protocol.frames import MAX_RESUME_BYTES, MAX_RESUME_CHANGES, MAX_SNAPSHOT_ITEMS, Snapshot
from shopping_list import queries
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import ItemRow, encode, topic_of

CHUNK = 5_000
"""Lists asked for in one query: databases limit the parameters of a statement."""
FETCH = 50
"""Rows of the log fetched at a time, since a row may be large."""
PART_BYTES = 900_000
"""The size at which a part of a snapshot ends: servers and proxies limit a message to 1 MiB."""
TRIES = 3
"""A flight that was under way already may have been for another position."""


class ListState(NamedTuple):
    """Where a list's history stands, and whether the list is to be seen."""

    epoch: str
    version: int
    alive: bool


class LoggedChange(NamedTuple):
    """One change from the log, as its subscribers get it."""

    version: int
    frame: str
    effects: AccessChanges = NO_CHANGES


class Tail(NamedTuple):
    """The newest changes of a list, without gaps: `since` + 1 to `version`."""

    epoch: str
    since: int
    version: int
    changes: tuple[LoggedChange, ...]

    def after(self, since: int) -> tuple[LoggedChange, ...] | None:
        """Return what a client at `since` missed, or None if it must start over."""
        if not self.since <= since <= self.version:
            return None
        missed = self.changes[since - self.since :]
        small = sum(len(change.frame) for change in missed) <= MAX_RESUME_BYTES
        return missed if small else None


class EncodedSnapshot(NamedTuple):
    """A whole list at one version, as the frames that carry it."""

    epoch: str
    version: int
    parts: tuple[str, ...]


def list_states(ids: Iterable[UUID]) -> dict[UUID, ListState]:
    """Return where these lists stand; a list that is no more is missing."""
    found: dict[UUID, ListState] = {}
    remaining = iter(ids)
    while some := list(islice(remaining, CHUNK)):
        rows = ShoppingList.objects.filter(pk__in=some).order_by()
        columns = rows.values_list("pk", "epoch", "version", "deleted_at")
        found.update((pk, ListState(epoch, at, gone is None)) for pk, epoch, at, gone in columns)
    return found


def read_tail(list_id: UUID, *, epoch: str, since: int) -> tuple[ListState | None, Tail]:
    """Return where a list stands and its newest changes of this epoch after `since`.

    Read backwards and cut off at RESUME_CHANGES and RESUME_BYTES, so the tail
    may begin later than asked for; the newest change is there however large.
    """
    standing = list_states([list_id]).get(list_id)
    newest = Activity.objects.filter(list_id=list_id, epoch=epoch, version__gt=since)
    columns = newest.order_by("-version").values_list("version", "frame", "changes")
    changes: list[LoggedChange] = []
    size = 0
    for version, stored, entries in columns[:MAX_RESUME_CHANGES].iterator(chunk_size=FETCH):
        frame = bytes(stored)
        size += len(frame)
        if changes and (size > MAX_RESUME_BYTES or version != changes[-1].version - 1):
            break
        changes.append(LoggedChange(version, frame.decode(), access_changes_of(entries, frame)))
    return standing, _tail(epoch, since, standing, tuple(reversed(changes)))


def _tail(
    epoch: str, since: int, standing: ListState | None, changes: tuple[LoggedChange, ...]
) -> Tail:
    known = standing is not None and standing.epoch == epoch
    reached = standing.version if standing is not None and known else 0
    if changes and changes[-1].version >= reached:
        return Tail(epoch, changes[0].version - 1, changes[-1].version, changes)
    # Nothing after `since`: up to date if the list stands there, else not in this log.
    return Tail(epoch, reached, reached, ()) if known else Tail(epoch, -1, -1, ())


def read_snapshot(list_id: UUID) -> EncodedSnapshot | None:
    """Return the whole list as it is now, or None if it is gone."""
    taken = queries.snapshot(list_id)
    if taken is None:
        return None
    portions = _split_parts(taken.items)
    parts = tuple(
        Snapshot(
            topic=topic_of(list_id),
            epoch=taken.epoch,
            version=taken.version,
            part=number,
            parts=len(portions),
            list=taken.list,
            items=items,
        )
        for number, items in enumerate(portions, 1)
    )
    return EncodedSnapshot(
        taken.epoch, taken.version, tuple(encode(part).decode() for part in parts)
    )


def _split_parts(items: tuple[ItemRow, ...]) -> list[tuple[ItemRow, ...]]:
    """Split a list's items into parts of bearable number and size; at least one part."""
    portions: list[list[ItemRow]] = [[]]
    size = 0
    for item in items:
        weight = len(encode(item))
        if portions[-1] and (len(portions[-1]) == MAX_SNAPSHOT_ITEMS or size + weight > PART_BYTES):
            portions.append([])
            size = 0
        portions[-1].append(item)
        size += weight
    return [tuple(portion) for portion in portions]


class LogReader:
    """The shared readings of one list while somebody in this process watches it.

    A kept reading serves as long as the caller can supply what came after it:
    `floor` is the oldest version for which that is so.
    """

    def __init__(self, list_id: UUID) -> None:
        self._list_id = list_id
        self._tail: Tail | None = None
        self._asked = 0
        """The position from which the kept tail was read; it may begin later."""
        self._picture: EncodedSnapshot | None = None
        self._in_flight: dict[str, asyncio.Future[None]] = {}

    async def tail(self, *, epoch: str, since: int, min_version: int) -> Tail:
        """Return changes that reach to `floor` and to `since`, from there on if that can be."""
        for _ in range(TRIES):
            kept = self._tail
            if kept is not None and self._serves(kept, epoch, since, min_version):
                break
            # A second position: read all that can be resumed, once for everybody.
            whole = kept is not None and kept.epoch == epoch
            await self._single_flight(
                "tail", partial(self._read_tail, epoch, 0 if whole else since)
            )
        assert self._tail is not None
        return self._tail

    async def picture(self, *, epoch: str | None, floor: int) -> EncodedSnapshot | None:
        """Return the whole list at `floor` or later; None if it is gone."""
        kept = self._picture
        if kept is None or kept.epoch != epoch or kept.version < floor:
            await self._single_flight("picture", self._read_picture)
        return self._picture

    def _serves(self, kept: Tail, epoch: str, since: int, floor: int) -> bool:
        reaches_back = min(kept.since, self._asked) <= since
        return kept.epoch == epoch and kept.version >= max(floor, since) and reaches_back

    async def _read_tail(self, epoch: str, since: int) -> None:
        _, self._tail = await run_in_db_thread(read_tail, self._list_id, epoch=epoch, since=since)
        self._asked = since

    async def _read_picture(self) -> None:
        self._picture = await run_in_db_thread(read_snapshot, self._list_id)

    async def _single_flight(self, name: str, read: Callable[[], Awaitable[None]]) -> None:
        flight = self._in_flight.get(name)
        if flight is None:
            flight = self._in_flight[name] = asyncio.ensure_future(read())
            flight.add_done_callback(lambda _: self._in_flight.pop(name, None))
        # One of those who wait may be cancelled; the others still want the answer.
        await asyncio.shield(flight)
