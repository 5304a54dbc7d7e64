"""What the subscribers of all their lists were sent, and what is news for them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from live.delivery.readings import Position
from live.protocol.frames import MAX_ACTIVITY_ENTRIES
from shopping_list.overview_values import ListVersion, LoggedEntry
from shopping_list.rows import ActivityEntry, Member, OverviewRow, encode

Members = tuple[Member, ...]


class PublishedList(NamedTuple):
    """The row of a list as its subscribers have it; `text` is the row in JSON."""

    row: OverviewRow
    text: str

    @property
    def position(self) -> Position:
        """The position up to which everything was sent."""
        return Position(self.row.epoch, self.row.version, self.row.digest)

    @property
    def list_version(self) -> ListVersion:
        """The version, and its time."""
        return ListVersion(self.row.version, self.row.last_interaction)


class News(NamedTuple):
    """What changed of one list; `row` is None if its row is the same.

    `is_rewritten` tells that the entries which were sent before may never have happened, or
    that too many are missing: subscribers must get the whole history again.
    """

    row: PublishedList | None
    entries: tuple[ActivityEntry, ...] = ()
    is_rewritten: bool = False


@dataclass
class PublishedLists:
    """The lists of all subscribers of one process. It reads and sends nothing."""

    _lists: dict[UUID, PublishedList] = field(default_factory=dict)

    def __contains__(self, list_id: UUID) -> bool:
        return list_id in self._lists

    def position(self, list_id: UUID) -> Position | None:
        """Return the position of a list up to which everything was sent."""
        published = self._lists.get(list_id)
        return None if published is None else published.position

    def members(self, list_id: UUID) -> Members | None:
        """Return the members of a list as they were sent."""
        published = self._lists.get(list_id)
        return None if published is None else published.row.members

    def newest_first(self, list_ids: Collection[UUID]) -> list[PublishedList]:
        """Return those of the lists that exist, the newest interaction first."""
        lists = [self._lists[list_id] for list_id in list_ids if list_id in self._lists]
        return sorted(lists, key=lambda each: each.row.last_interaction, reverse=True)

    def unsent_versions(self, rows: Mapping[UUID, OverviewRow]) -> dict[UUID, tuple[int, int]]:
        """Return the sent and the new version of the lists that have unsent changes."""
        return {
            list_id: (published.row.version, row.version)
            for list_id, row in rows.items()
            if (published := self._lists.get(list_id)) is not None
            and 0 < row.version - published.row.version <= MAX_ACTIVITY_ENTRIES
        }

    def apply(self, row: OverviewRow, entries: Sequence[LoggedEntry]) -> News:
        """Store the row of a list that was read, and return what is new in it.

        `entries` are its changes after the version that was sent before.
        """
        before = self._lists.get(row.id)
        published = PublishedList(row, encode(row).decode())
        self._lists[row.id] = published
        if before is None:
            return News(published)
        return News(
            None if before.text == published.text else published,
            tuple(logged.entry for logged in entries),
            not _continues(before.position, published.position, entries),
        )

    def remove(self, list_id: UUID) -> None:
        """Forget a list that does not exist any more."""
        self._lists.pop(list_id, None)

    def retain(self, list_ids: Collection[UUID]) -> None:
        """Forget all other lists."""
        self._lists = {pk: each for pk, each in self._lists.items() if pk in list_ids}


def _continues(before: Position, after: Position, entries: Sequence[LoggedEntry]) -> bool:
    """Tell whether the entries lead from one position to the other."""
    if before.epoch != after.epoch or after.version - before.version != len(entries):
        return False
    return before.digest == (entries[0].base if entries else after.digest)
