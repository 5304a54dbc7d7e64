"""One user action, one version, one Activity.

Every list of a recording is locked before its rows are read, and every row is
read before it is written. At the end the rows are read again, and the
difference is written down (activity_writer.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID

from rest.compiled_query import Row, Statement, run_together
from shopping_list import models, queries
from shopping_list.parsing import fractional_index
from shopping_list.recording import actor, bookkeeping, context, diff, locking, owners
from shopping_list.recording.activity_writer import ActivityWriter, Pair
from shopping_list.recording.locking import LockedList
from shopping_list.rows import Change, Person, StoredItem, Verb


class _ReadBack(NamedTuple):
    """An item that was read behind the write of its row, and how many statements ran by then."""

    pk: UUID
    rows: Statement[list[Row]]
    statements: int


class UnitOfWork:
    """The changes of one transaction while they happen.

    Not a transaction itself: `recording()` is (context.py). `changes` has, after
    the end, the change of each list that really changed.
    """

    def __init__(self, verb: Verb | None, undoes: int | None) -> None:
        self.started_at = perf_counter()
        self.verb = verb
        self.undoes = undoes
        self.changes: dict[UUID, Change] = {}
        self._context = actor.current()
        self._lists: dict[UUID, LockedList] = {}
        self._items: dict[UUID, StoredItem | None] = {}
        self._pairs: dict[UUID, Pair] = {}
        self._last_positions: dict[UUID, str] = {}
        self._statements = 0
        self._read_back: _ReadBack | None = None

    @cached_property
    def actor(self) -> Person | None:
        """The user who makes these changes."""
        user = self._context.find_user()
        return None if user is None else Person(user.pk, user.display_name)

    def lock(self, lists: Iterable[UUID], reading: Iterable[Statement[Any]] = ()) -> None:
        """Lock list rows, in id order, before any of their rows is written.

        `reading` are statements that may run in the same round trip, right behind the lock.
        """
        new = set(lists) - self._lists.keys()
        if new:
            locked_lists = locking.lock_lists(new, self._context.operation_id, reading)
            self._lists.update((locked.pk, locked) for locked in locked_lists)

    def pair(self, first: UUID, second: UUID, undoes: Mapping[UUID, int] = context.NOTHING) -> None:
        """Note that the changes of two lists are a move, which is undone on both or on neither.

        `undoes` are the versions that an undo undoes, by list.
        """
        self._pairs[first] = Pair(second, undoes.get(first))
        self._pairs[second] = Pair(first, undoes.get(second))

    def track_lists(self, lists: Iterable[UUID]) -> None:
        """Note that the fields of these lists are about to be written."""
        ids = list(lists)
        self.lock(ids)
        for pk in ids:
            self._lists[pk].touched = True

    def track_members(self, lists: Iterable[UUID]) -> None:
        """Read the members of these lists before they are written."""
        ids = list(lists)
        self.lock(ids)
        for pk in ids:
            if self._lists[pk].members is None:
                self._lists[pk].members = queries.members(pk)

    def track_items(self, items: Iterable[UUID]) -> None:
        """Read the stored rows of these items before they are written."""
        new = [pk for pk in items if pk not in self._items]
        if not new:
            return
        stored = queries.stored_items(new)
        # Until a list is locked, its items may still move to another one.
        while unlocked := {item.list_id for item in stored.values()} - self._lists.keys():
            self.lock(unlocked)
            stored = queries.stored_items(new)
        self._items.update((pk, stored.get(pk)) for pk in new)

    def stored_item(
        self, pk: UUID, *, on: UUID, reading: Statement[list[Row]] | None = None
    ) -> StoredItem | None:
        """Return the item as it was before this recording, None if it is not on that list.

        The list must be locked already: so no item can come to it or leave it
        meanwhile. The list of an item that is elsewhere stays unlocked, because
        it would be locked out of order. `reading` is the item's statement of
        queries.item_by_id, if it ran with the lock.
        """
        if pk not in self._items:
            rows = (reading or queries.item_by_id(pk)).result
            item = queries.item_from_columns(rows[0]) if rows else None
            if item is None or item.list_id != on:
                return None
            self._items[pk] = item
        stored = self._items[pk]
        return stored if stored is not None and stored.list_id == on else None

    def stored_items(self, ids: Collection[UUID], *, on: UUID) -> dict[UUID, StoredItem]:
        """Return the items that exist, as they are now, also those on other lists.

        The list must be locked already, and nothing written yet. Those of it, and those that
        do not exist, may be written after this. Other lists stay unlocked, because they
        would be locked out of order.
        """
        stored = queries.stored_items(ids)
        for pk in ids:
            item = stored.get(pk)
            if item is None or item.list_id == on:
                self._items.setdefault(pk, item)
        return stored

    def count_statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run a statement of this thread, and note that there was one (`execute_wrapper`)."""
        self._statements += 1
        return execute(*arguments)

    def write_row(self, update: Statement[int], instance: Any) -> int:
        """Run the update of an instance's row; return the number of rows.

        An item is read back in the same round trip. That is the row at the end, too, if
        no other statement runs until then.
        """
        if isinstance(instance, models.ShoppingItem):
            reading = queries.item_by_id(instance.pk)
            run_together(update, reading)
            self._read_back = _ReadBack(instance.pk, reading, self._statements)
        return update.result

    def stamp_list(self, instance: models.ShoppingList) -> None:
        """Set a list's version and times before it is written.

        A list that is created under the id of a deleted one continues its history.
        """
        locked = self._lists[instance.pk]
        locked.instances.append(instance)
        if locked.stored is None:
            locking.continue_deleted_history(locked, self._context.operation_id)
        bookkeeping.stamp_list(instance, locked)

    def stamp_item(
        self, instance: models.ShoppingItem, written: Iterable[str] | None = None
    ) -> None:
        """Set an item's version, times and position before it is written.

        `written` names the fields that the save writes, None all of them.
        """
        if isinstance(instance.position, str) and not fractional_index.is_key(instance.position):
            instance.position = self._next_position(instance.shopping_list_id)
        bookkeeping.stamp_item(
            instance,
            self._lists[instance.shopping_list_id],
            self._items.get(instance.pk),
            actor=self.actor,
            written=written,
        )

    def finish(self) -> None:
        """Write down what really changed, list by list in id order."""
        for pk, locked in list(self._lists.items()):
            if locked.members is not None:
                owners.promote_successor(pk, locked.members)
        self._pair_items()
        writer = ActivityWriter(
            self.actor, self._context.operation_id, self.verb, self.undoes, self._pairs
        )
        for pk in sorted(self._lists):
            change = writer.write(self._lists[pk])
            if change is not None:
                self.changes[pk] = change

    def _pair_items(self) -> None:
        """Pair each item before with the item after, on the lists that it was and is on."""
        stored = self._items_at_the_end()
        self.lock({item.list_id for item in stored.values()})
        for pk, before in self._items.items():
            after = stored.get(pk)
            if before is not None and after is not None and before.list_id == after.list_id:
                self._lists[before.list_id].pairs[pk] = (before.row, after.row)
            elif before is not None:
                self._lists[before.list_id].pairs[pk] = (before.row, None)
            if after is not None:
                self._lists[after.list_id].pairs.setdefault(pk, (None, after.row))
                self._lists[after.list_id].keys[pk] = diff.keys_of(before, after)

    def _items_at_the_end(self) -> dict[UUID, StoredItem]:
        """Return the written items that exist, as they are now."""
        read = self._read_back
        if read and read.statements == self._statements and self._items.keys() == {read.pk}:
            items = map(queries.item_from_columns, read.rows.result)
            return {item.row.id: item for item in items}
        return queries.stored_items(self._items)

    def _next_position(self, list_id: UUID) -> str:
        """Return a position after every item of a list, another one each time."""
        if list_id not in self._last_positions:
            self._last_positions[list_id] = bookkeeping.last_position(list_id)
        position = fractional_index.between(self._last_positions[list_id] or None, None)
        self._last_positions[list_id] = position
        return position
