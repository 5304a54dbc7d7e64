"""See what a block of code recorded, and hold it against the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from shopping_list import queries
from shopping_list.models import Activity, ShoppingList
from shopping_list.rows import Change
from tests.support.replica import State, decode


def stored_state(list_id: UUID) -> State | None:
    """Return a list as its tables have it, in the trash or not."""
    found = ShoppingList.objects.filter(pk=list_id).values_list("epoch", "version").first()
    if found is None:
        return None
    return State(*found, queries.list_row(list_id), queries.item_rows(list_id))


def recorded_log(list_id: UUID, *, after: int = 0) -> list[Change]:
    """Return what was recorded on a list, oldest first."""
    rows = Activity.objects.filter(list_id=list_id, version__gt=after).order_by("version")
    return [decode(row.frame) for row in rows]


class RecordedChanges:
    """The changes that a block of code recorded, once it is over."""

    def __init__(self, lists: tuple[ShoppingList, ...]) -> None:
        self.before = {one.pk: stored_state(one.pk) for one in lists}
        self.changes: dict[UUID, list[Change]] = {}

    @property
    def all(self) -> list[Change]:
        """Every change of every list."""
        return [change for changes in self.changes.values() for change in changes]

    @property
    def one(self) -> Change:
        """The only change."""
        assert [change.verb for change in self.all] == [self.all[0].verb]
        return self.all[0]

    def change_of(self, one: ShoppingList) -> Change:
        """Return the only change of this list."""
        assert len(self.changes[one.pk]) == 1
        return self.changes[one.pk][0]

    def entries(self, one: ShoppingList) -> list[dict[str, object]]:
        """Return the log's entries of this list's only change."""
        return Activity.objects.get(list_id=one.pk, version=self.change_of(one).version).changes

    def verify(self) -> None:
        """Check that the changes are exactly what happened to the tables."""
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
    """Witness what the block records on these lists, and check that it is the truth."""
    witness = RecordedChanges(lists)
    yield witness
    witness.verify()
