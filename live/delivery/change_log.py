"""Reads the change log of a list: the changes after a version, or the whole list as it is now."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Length

from live.delivery.access_changes import access_changes_of
from live.delivery.readings import (
    EncodedSnapshot,
    ListState,
    LoggedChange,
    Position,
    Tail,
)
from live.protocol.frames import (
    MAX_PART_BYTES,
    MAX_RESUME_BYTES,
    MAX_RESUME_CHANGES,
    MAX_SNAPSHOT_ITEMS,
    Snapshot,
)
from rest.batches import batched, batched_by_size
from shopping_list import queries
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import encode, topic_of

MAX_LISTS_PER_QUERY = 5_000
"""Lists in one statement: databases limit the parameters of a statement."""


def list_states(list_ids: Iterable[UUID]) -> dict[UUID, ListState]:
    """Return the states of these lists. Lists without a row are left out."""
    states: dict[UUID, ListState] = {}
    for batch in batched(list_ids, MAX_LISTS_PER_QUERY):
        rows = ShoppingList.objects.filter(pk__in=batch).order_by()
        for list_id, deleted_at, *position in rows.values_list(
            "pk", "deleted_at", "epoch", "version", "digest"
        ):
            states[list_id] = ListState(Position(*position), exists=deleted_at is None)
    return states


def read_tail(list_id: UUID, *, epoch: str, since: int) -> tuple[ListState | None, Tail]:
    """Return the state of a list and its newest changes of this epoch after `since`.

    The log is read backwards, up to MAX_RESUME_CHANGES and MAX_RESUME_BYTES. So
    the tail may begin after `since`. It contains the newest change of any size.
    """
    state = list_states([list_id]).get(list_id)
    log = Activity.objects.filter(list_id=list_id, epoch=epoch, version__gt=since)
    newest_first = log.order_by("-version").values_list("version", Length("frame"))
    oldest = _oldest_resumable(newest_first[:MAX_RESUME_CHANGES])
    changes = () if oldest is None else _logged_changes(log.filter(version__gte=oldest))
    return state, _tail(epoch, state, changes)


def _oldest_resumable(sizes: Iterable[tuple[int, int]]) -> int | None:
    """Return the version up to which changes can be replayed, from the newest one back."""
    oldest = None
    total = 0
    for version, size in sizes:
        total += size
        if oldest is not None and (total > MAX_RESUME_BYTES or version != oldest - 1):
            break
        oldest = version
    return oldest


def _logged_changes(log: QuerySet[Activity]) -> tuple[LoggedChange, ...]:
    columns = ("version", "base", "digest", "frame", "summary", "at")
    rows = list(log.order_by("version").values_list(*columns))
    # The rows of a change of many items are large, and only others affect access.
    affecting = [row[0] for row in rows if row[4]["members"] or row[4]["list_changed"]]
    entries = dict(log.filter(version__in=affecting).values_list("version", "changes"))
    return tuple(
        LoggedChange(
            version,
            base,
            digest,
            bytes(frame).decode(),
            access_changes_of(entries.get(version, ()), bytes(frame)),
            at.timestamp(),
        )
        for version, base, digest, frame, _, at in rows
    )


def _tail(epoch: str, state: ListState | None, changes: tuple[LoggedChange, ...]) -> Tail:
    position = state.position if state is not None and state.position.epoch == epoch else None
    if changes and (position is None or changes[-1].version >= position.version):
        return Tail(epoch, changes[0].version - 1, changes[0].base, changes)
    if position is not None:
        # No changes after `since`: the client is up to date or ahead, or the log cannot tell.
        return Tail(epoch, position.version, position.digest, ())
    return Tail(epoch, -1, None, ())


def read_snapshot(list_id: UUID) -> EncodedSnapshot | None:
    """Return the whole list as it is now, or None if it does not exist."""
    snapshot = queries.snapshot(list_id)
    if snapshot is None:
        return None
    parts = batched_by_size(
        snapshot.items,
        size_of=lambda item: len(encode(item)),
        max_count=MAX_SNAPSHOT_ITEMS,
        max_size=MAX_PART_BYTES,
    )
    all_parts = list(parts) or [()]  # an empty list has one part without items
    frames = (
        Snapshot(
            topic=topic_of(list_id),
            epoch=snapshot.epoch,
            version=snapshot.version,
            digest=snapshot.digest,
            part=number,
            parts=len(all_parts),
            list=snapshot.list,
            items=items,
        )
        for number, items in enumerate(all_parts, 1)
    )
    encoded = tuple(encode(frame).decode() for frame in frames)
    return EncodedSnapshot(snapshot.epoch, snapshot.version, snapshot.digest, encoded)
