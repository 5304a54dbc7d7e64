"""Open a recording, and find the one that is open on this thread.

`recording(list, ...)` opens a transaction, locks the list rows, and lets any
number of writes happen. At its end it compares the rows before with the rows
after and writes down the difference. One outermost recording is one version and
one Activity of each list that changed.

How often one save uses it: `save()` enters `recording()` exactly once, around
Django's own save, because Django opens no transaction for a plain save. Django
then sends two signals, and the receiver of each asks `current()` once:

- `pre_save`, before the row is written: read the stored row, set the columns
  that recording itself sets.
- `post_save`, after the row is written: lock the list that the row is on now.

The receivers open nothing: they use what `save()` opened. `delete()` does the same
with `pre_delete` and `post_delete`. A bulk write sends no signals, so the queryset
enters and reads the rows itself.

Three methods enter more than once, because Django builds them from others:
`bulk_update` calls `update`, `update_or_create` calls `save`, and `members.set`
calls `remove` and `add`. They open the recording first, so that the inner ones
join it and all of it is one change.

This module knows no model: models, querysets and receivers import it, and the
app registers the unit of work when it is ready (apps.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from rest.compiled_query import Row, Statement
from shopping_list.recording.turns import take_turns
from shopping_list.rows import Change, Person, StoredItem, Verb

NOTHING: Mapping[UUID, int] = MappingProxyType({})


class OpenRecording(Protocol):
    """What the code inside a recording may ask of it (unit_of_work.UnitOfWork)."""

    verb: Verb | None
    undoes: int | None
    started_at: float
    """When it was opened, before any lock was asked for, in seconds of `perf_counter`."""

    @property
    def actor(self) -> Person | None:
        """The user who makes these changes."""

    @property
    def changes(self) -> Mapping[UUID, Change]:
        """After the end: the change of each list that really changed."""

    def lock(self, lists: Iterable[UUID], reading: Iterable[Statement[Any]] = ()) -> None:
        """Lock list rows, in id order, before any of their rows is written."""

    def pair(self, first: UUID, second: UUID, undoes: Mapping[UUID, int] = NOTHING) -> None:
        """Note that the changes of two lists are a move, which is undone on both or on neither.

        `undoes` are the versions that an undo undoes, by list.
        """

    def track_lists(self, lists: Iterable[UUID]) -> None:
        """Note that the fields of these lists are about to be written."""

    def track_members(self, lists: Iterable[UUID]) -> None:
        """Read the members of these lists before they are written."""

    def track_items(self, items: Iterable[UUID]) -> None:
        """Read the stored rows of these items before they are written."""

    def stored_item(
        self, pk: UUID, *, on: UUID, reading: Statement[list[Row]] | None = None
    ) -> StoredItem | None:
        """Return the item as it was before this recording, None if it is not on that list."""

    def stored_items(self, ids: Collection[UUID], *, on: UUID) -> Mapping[UUID, StoredItem]:
        """Return the items that exist, and let those that are on no other list be written."""

    def write_row(self, update: Statement[int], instance: Any) -> int:
        """Run the update of an instance's row; return the number of rows."""

    def stamp_list(self, instance: Any) -> None:
        """Set a list's version and times before it is written."""

    def stamp_item(self, instance: Any, written: Iterable[str] | None = None) -> None:
        """Set an item's version, times and position before it is written."""

    def count_statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run a statement of this thread, and note that there was one (`execute_wrapper`)."""

    def finish(self) -> None:
        """Write down what really changed."""


Factory = Callable[[Verb | None, int | None], OpenRecording]
_factories: list[Factory] = []


class _ThreadState(threading.local):
    """A transaction belongs to one connection, and a connection to one thread."""

    unit: OpenRecording | None = None


_state = _ThreadState()


def register_factory(factory: Factory) -> None:
    """Set what `recording()` makes, from a verb and the version that is undone."""
    _factories[:] = [factory]


def current() -> OpenRecording | None:
    """Return the recording that is open on this thread."""
    return _state.unit


@contextmanager
def recording(
    *lists: UUID,
    verb: Verb | None = None,
    undoes: int | None = None,
    reading: Iterable[Statement[Any]] = (),
) -> Iterator[OpenRecording]:
    """Make everything written inside one change of each list that it touches.

    Inside another recording it joins that one. `verb` overrides the verb that
    would be derived from the rows; `undoes` is the version that an undo undoes.
    `reading` are statements whose results the block needs first: they may run in the
    same round trip as the lock, right behind it, and otherwise run when needed.
    Raises ConflictError if a list changed in spite of its lock.
    """
    outer = current()
    if outer is not None:
        outer.lock(lists)
        outer.verb = outer.verb or verb
        outer.undoes = undoes if outer.undoes is None else outer.undoes
        yield outer
        return
    unit = _factories[0](verb, undoes)
    with (
        take_turns(lists) as end_turns,
        transaction.atomic(),
        connection.execute_wrapper(unit.count_statement),
    ):
        _state.unit = unit
        try:
            unit.lock(lists, reading)
            yield unit
            unit.finish()
        finally:
            _state.unit = None
        if connection.features.has_select_for_update:
            # The next writer asks for the row lock during the COMMIT and has it right after.
            end_turns()
