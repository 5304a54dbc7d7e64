"""Collect the changes that a block of code records, and compare them with the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from shopping_list import queries
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import Change
from tests.support.replica import State, decode


def stored_state(list_id: UUID) -> State | None:
    """Return the state of a list in the tables, in the trash or not."""
    position = ShoppingList.objects.filter(pk=list_id).values_list("epoch", "version").first()
    if position is None:
        return None
    return State(*position, queries.list_row(list_id), queries.item_rows(list_id))


def recorded_log(list_id: UUID, *, after: int = 0) -> list[Change]:
    """Return the recorded changes of a list, oldest first."""
    rows = Activity.objects.filter(list_id=list_id, version__gt=after).order_by("version")
    return [decode(row.frame) for row in rows]


class RecordedChanges:
    """The changes that a block of code recorded; complete when the block has ended."""

    def __init__(self, lists: tuple[ShoppingList, ...]) -> None:
        self.before = {row.pk: stored_state(row.pk) for row in lists}
        self.changes: dict[UUID, list[Change]] = {}

    @property
    def all(self) -> list[Change]:
        """Every change of every list."""
        return [change for changes in self.changes.values() for change in changes]

    @property
    def only_change(self) -> Change:
        """The only change."""
        assert [change.verb for change in self.all] == [self.all[0].verb]
        return self.all[0]

    def change_of(self, shopping_list: ShoppingList) -> Change:
        """Return the only change of this list."""
        assert len(self.changes[shopping_list.pk]) == 1
        return self.changes[shopping_list.pk][0]

    def entries(self, shopping_list: ShoppingList) -> list[dict[str, object]]:
        """Return the entries of the only change of this list."""
        version = self.change_of(shopping_list).version
        return Activity.objects.get(list_id=shopping_list.pk, version=version).changes

    def verify(self) -> None:
        """Check that the changes lead exactly from the old state of the tables to the new one."""
        for pk, before in self.before.items():
            assert before is not None
            changes = self.changes[pk] = recorded_log(pk, after=before.version)
            assert [change.version for change in changes] == list(
                range(before.version + 1, before.version + 1 + len(changes))
            )
            now = stored_state(pk)
            if now is None:
                assert changes[-1].verb == "list.deleted"
            else:
                assert before.after(changes) == now


@contextmanager
def recorded_changes(*lists: ShoppingList) -> Iterator[RecordedChanges]:
    """Collect what the block records on these lists, and check it against the tables."""
    changes = RecordedChanges(lists)
    yield changes
    changes.verify()
