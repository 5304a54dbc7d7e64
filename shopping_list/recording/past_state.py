"""A list at an earlier version, from its rows now and the log, newest change first. Pure.

Each entry of the log says what its rows were before the change. So the memory is that of one
list, and the time that of the changes since then, however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopping_list import list_settings
from shopping_list.digest import digest_of
from shopping_list.recording import compaction
from shopping_list.rows import ItemFields, ItemPatch, ItemRow, ListRow, Member, Moment, Person

Entry = Mapping[str, Any]


class UnknownStampsError(Exception):
    """A change of many rows was recorded before the log had the stamps of these rows."""


@dataclass
class PastState:
    """The rows of a list, which go back in time change by change.

    The name of a creator of the list whom no row names is empty.
    """

    list: ListRow
    items: dict[UUID, ItemRow]

    @classmethod
    def of(cls, list_row: ListRow, items: Iterable[ItemRow]) -> Self:
        """Start from the rows of a snapshot."""
        return cls(list_row, {row.id: row for row in items})

    @property
    def digest(self) -> str:
        """The digest of the rows."""
        return digest_of(self.list, self.items.values())

    def sorted_items(self) -> tuple[ItemRow, ...]:
        """Return the items in the order of the list."""
        return tuple(sorted(self.items.values(), key=lambda row: (row.position, row.id)))

    def revert(self, entries: Iterable[Entry]) -> None:
        """Apply the inverse of the newest change that is not reverted yet.

        Raises UnknownStampsError.
        """
        for entry in entries:
            if "item" in entry:
                self._revert_item(UUID(entry["item"]), entry["before"])
            elif "items" in entry:
                self._revert_items(entry)
            elif "member" in entry:
                self._revert_member(entry["member"], entry["before"])
            else:
                self._revert_list(entry["before"])

    def _revert_item(self, item_id: UUID, before: Entry | None) -> None:
        if before is None:
            del self.items[item_id]
        else:
            self.items[item_id] = msgspec.convert(before, ItemRow)

    def _revert_items(self, entry: Entry) -> None:
        """Revert an entry of a change of many rows (compaction.py)."""
        ids = [UUID(item_id) for item_id in entry["items"]]
        if entry["before"] is None:
            for item_id in ids:
                del self.items[item_id]
            return
        if entry["after"] is None:
            for row in compaction.removed_rows(entry):
                self._revert_item(UUID(row["id"]), row)
            return
        if "stamps" not in entry:
            raise UnknownStampsError
        rows = iter(ids)
        for count, version, updated_at in entry["stamps"]:
            # A row whose time is null had the time of the change already.
            times = {} if updated_at is None else {"updated_at": updated_at}
            fields = {**entry["before"], "version": version, **times}
            patch = ItemPatch(ids=(), fields=msgspec.convert(fields, ItemFields))
            for _ in range(count):
                item_id = next(rows)
                self.items[item_id] = patch.apply(self.items[item_id])

    def _revert_member(self, user_id: int, before: Entry | None) -> None:
        members = {member.id: member for member in self.list.members}
        if before is None:
            del members[user_id]
        else:
            members[user_id] = msgspec.convert(before, Member)
        in_order = tuple(members[pk] for pk in sorted(members))
        self.list = replace(self.list, members=in_order)

    def _revert_list(self, before: Entry | None) -> None:
        if before is None:  # its creation, which only the state without a list is before
            return
        creator_id, creator = before["created_by"], self.list.created_by
        if creator_id is None:
            creator = None
        elif creator is None or creator.id != creator_id:
            creator = Person(creator_id, "")
        self.list = replace(
            self.list,
            name=before["name"],
            created_at=msgspec.convert(before["created_at"], Moment),
            created_by=creator,
            # A change that was recorded before lists had settings has none.
            aisles=tuple(before.get("aisles", ())),
            shops=list_settings.shops_of(before.get("shops", {})),
            staples=list_settings.staples_of(before.get("staples", {})),
        )
