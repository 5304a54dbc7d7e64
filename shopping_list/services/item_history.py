"""The recorded changes of one item, newest first, without reading the rest of the log.

An item has the version of its last change, and the log has the version that the item had before
each change. So its history is a chain: each change names the one before it. One change costs one
read by the unique index of (list, version), however long the log is, and no change costs more to
record. The log of changes by item would be a second table with a row for each item of each change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from shopping_list import models
from shopping_list.recording import compaction

MAX_ROWS = 20_000
"""Rows of the log that one response reads: each of its changes may have 10,000."""

Entry = Mapping[str, Any]


class ItemChanges(NamedTuple):
    """Changes of one item, newest first, and the version of the next older one."""

    changes: list[models.Activity]
    next_version: int | None
    rows_read: int


def changes_of(list_id: UUID, item_id: UUID, version: int | None, limit: int) -> ItemChanges:
    """Return the changes of an item from this version on, at most so many.

    They end where the item came onto the list, also if it was put back there after it had been
    removed; only an undo leads on to what it undid.
    """
    changes: list[models.Activity] = []
    rows_read = 0
    while version is not None and len(changes) < limit and rows_read < MAX_ROWS:
        log = models.Activity.objects.filter(list_id=list_id, version=version)
        change = log.defer("frame", "changes").first()
        if change is None:
            return ItemChanges(changes, None, rows_read)
        entry = _entry_of(str(item_id), log.values_list("changes", flat=True).get())
        if entry is None:
            return ItemChanges(changes, None, rows_read)
        rows_read += max(1, change.summary["items"])
        changes.append(change)
        earlier = _version_before(str(item_id), entry)
        if earlier is None and change.undoes is not None:
            earlier = change.undoes
        # Each step goes back in time, so it ends, whatever the log says.
        version = None if earlier is None or earlier >= version else earlier
    return ItemChanges(changes, version, rows_read)


def _entry_of(item_id: str, entries: Iterable[Entry]) -> Entry | None:
    for entry in entries:
        if entry.get("item") == item_id or item_id in entry.get("items", ()):
            return entry
    return None


def _version_before(item_id: str, entry: Entry) -> int | None:
    """Return the version that the item had before a change; None if it was not there.

    It is not known of a change of many rows that was recorded before the log had their stamps.
    """
    before = entry["before"]
    if before is None:
        return None
    if "item" in entry:
        return int(before["version"])
    if entry["after"] is None:
        row = next(row for row in compaction.removed_rows(entry) if row["id"] == item_id)
        return int(row["version"])
    position = entry["items"].index(item_id)
    for count, version, _ in entry.get("stamps", ()):
        if position < count:
            return int(version)
        position -= count
    return None
