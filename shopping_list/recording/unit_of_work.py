"""One user action, one version, one Activity.

`recording(list, ...)` opens a transaction, locks the list rows, and lets any
number of writes happen. At its end it compares what was there before with what
is there now and writes the difference down. Because the after-image is read
back from the database, a savepoint that was rolled back in between, an F()
expression or a row that did not really change cannot put anything untrue into
the log. The row lock is held to the commit, so the order of the versions is
the order of the commits, without gaps.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Exists, Max, Model, OuterRef, QuerySet, UUIDField
from django.utils import timezone

from rest.batches import MAX_IDS_PER_QUERY, batched
from shopping_list import models, queries
from shopping_list.compiled_query import CompiledQuery
from shopping_list.parsing import fractional_index, item_names
from shopping_list.queries import StoredItem
from shopping_list.recording import actor, diff
from shopping_list.rows import (
    Change,
    ItemRow,
    ListRow,
    Member,
    Person,
    Verb,
    encode,
    optional_id,
    topic_of,
)

_LIST_COLUMNS = (
    "pk",
    "epoch",
    "version",
    "last_interaction",
    "name",
    "deleted_at",
    "created_at",
    "created_by_id",
)
_ITEM_FIELDS = frozenset(
    {"name", "quantity", "note", "category", "purchased", "position", "created_at"}
)


class ConflictError(RuntimeError):
    """A list moved under its own lock; the transaction must not commit."""


class StoredList(NamedTuple):
    """A list's row as found under its lock."""

    pk: UUID
    epoch: str
    version: int
    last_interaction: datetime
    name: str
    deleted_at: datetime | None
    created_at: datetime
    created_by: int | None
    op_used: bool = False

    @property
    def state(self) -> dict[str, Any]:
        """The fields whose change is worth an entry in the log."""
        return {
            "name": self.name,
            "deleted": self.deleted_at is not None,
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
        }


@dataclass
class LockedList:
    """One list of a recording: how it was found, and what was touched."""

    pk: UUID
    stored: StoredList | None
    at: datetime
    touched: bool = False
    deleted_list_version: int = 0
    op_used: bool = False
    members: tuple[Member, ...] | None = None
    instances: list[Any] = field(default_factory=list)
    pairs: dict[UUID, diff.ItemPair] = field(default_factory=dict)
    keys: dict[UUID, str] = field(default_factory=dict)

    @property
    def next_version(self) -> int:
        """The version that this recording's change gets."""
        return (self.stored.version if self.stored else self.deleted_list_version) + 1


class UnitOfWork:
    """The changes of one transaction while they happen.

    Not a transaction itself: `recording()` is. `changes` has, after the end,
    the change of each list that really changed.
    """

    def __init__(self, verb: Verb | None, undoes: int | None) -> None:
        self.verb = verb
        self.undoes = undoes
        self.changes: dict[UUID, Change] = {}
        self.acting = actor.current()
        self._lists: dict[UUID, LockedList] = {}
        self._items: dict[UUID, StoredItem | None] = {}
        self._ends: dict[UUID, str] = {}

    @cached_property
    def actor(self) -> Person | None:
        """Who makes these changes."""
        user = self.acting.find_user()
        return None if user is None else Person(user.pk, user.display_name)

    def lock(self, lists: Iterable[UUID]) -> None:
        """Lock list rows, in id order, before anything of theirs is touched."""
        new = sorted(set(lists) - self._lists.keys())
        if not new:
            return
        found = {row.pk: row for row in _locked_rows(new, self.acting.operation_id)}
        now = timezone.now()
        for pk in new:
            stored = found.get(pk)
            # Clocks step back; last_interaction must not.
            at = max(now, stored.last_interaction) if stored else now
            self._lists[pk] = LockedList(
                pk, stored, at, op_used=stored is not None and stored.op_used
            )

    def track_lists(self, lists: Iterable[UUID]) -> None:
        """Remember that these lists' own fields are about to be written."""
        ids = list(lists)
        self.lock(ids)
        for pk in ids:
            self._lists[pk].touched = True

    def track_members(self, lists: Iterable[UUID]) -> None:
        """Learn these lists' members before they are written."""
        ids = list(lists)
        self.lock(ids)
        for pk in ids:
            if self._lists[pk].members is None:
                self._lists[pk].members = queries.members(pk)

    def track_items(self, items: Iterable[UUID]) -> None:
        """Learn what is stored for these items before they are written."""
        new = [pk for pk in items if pk not in self._items]
        if not new:
            return
        found = queries.stored_items(new)
        # Until a list is locked, its items may still leave for another one.
        while elsewhere := {item.list_id for item in found.values()} - self._lists.keys():
            self.lock(elsewhere)
            found = queries.stored_items(new)
        self._items.update((pk, found.get(pk)) for pk in new)

    def stored_item(self, pk: UUID, *, on: UUID) -> StoredItem | None:
        """Return the item as it was before this recording, None if it is not on that list.

        The list must be locked already: so nothing can come to it or leave it
        meanwhile, and the list of an item that is elsewhere, which would have
        to be locked out of order, is left alone.
        """
        if pk not in self._items:
            found = queries.stored_items([pk]).get(pk)
            if found is None or found.list_id != on:
                return None
            self._items[pk] = found
        stored = self._items[pk]
        return stored if stored is not None and stored.list_id == on else None

    def stamp_list(self, instance: models.ShoppingList) -> None:
        """Keep a save from writing back an older position of the history."""
        locked = self._lists[instance.pk]
        locked.instances.append(instance)
        if locked.stored is None:
            # Under the id of a list that was deleted, its log goes on.
            _continue_deleted_history(locked, self.acting.operation_id)
            instance.version = locked.deleted_list_version
            instance.last_interaction = locked.at
            return
        instance.epoch = locked.stored.epoch
        instance.version = locked.stored.version
        instance.last_interaction = locked.stored.last_interaction

    def stamp_item(
        self, instance: models.ShoppingItem, written: Iterable[str] | None = None
    ) -> None:
        """Set an item's stamps and position before it is written.

        `written` names the fields that the save writes, None all of them. What
        cannot be known here (an expression) is corrected at the end.
        """
        stored = self._items.get(instance.pk)
        before = stored and stored.row
        locked = self._lists[instance.shopping_list_id]
        if isinstance(instance.name, str):
            instance.name_key = item_names.comparison_key(instance.name)
        if isinstance(instance.position, str) and not fractional_index.is_key(instance.position):
            instance.position = self.next_position(instance.shopping_list_id)
        _stamp_tick(instance, before, locked.at, self.actor)
        if before is not None and not _writes_anything(instance, stored, written):
            instance.version, instance.updated_at = before.version, before.updated_at
        else:
            instance.version, instance.updated_at = locked.next_version, locked.at

    def next_position(self, list_id: UUID) -> str:
        """Return a position after every item of a list, another one each time."""
        if list_id not in self._ends:
            items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
            last = items.aggregate(last=Max("position"))["last"] or ""
            self._ends[list_id] = fractional_index.to_valid_key(last)
        self._ends[list_id] = fractional_index.between(self._ends[list_id] or None, None)
        return self._ends[list_id]

    def finish(self) -> None:
        """Write down what really changed, list by list in id order."""
        self._pair_items()
        for pk in sorted(self._lists):
            change = self._close_list(self._lists[pk])
            if change is not None:
                self.changes[pk] = change

    def _pair_items(self) -> None:
        found = queries.stored_items(self._items)
        self.lock({item.list_id for item in found.values()})
        for pk, before in self._items.items():
            after = found.get(pk)
            if before is not None and after is not None and before.list_id == after.list_id:
                self._lists[before.list_id].pairs[pk] = (before.row, after.row)
            elif before is not None:
                self._lists[before.list_id].pairs[pk] = (before.row, None)
            if after is not None:
                self._lists[after.list_id].pairs.setdefault(pk, (None, after.row))
                self._lists[after.list_id].keys[pk] = after.name_key

    def _close_list(self, locked: LockedList) -> Change | None:
        """Write one list's change.

        1. Read its own fields and members again, if they were touched.
        2. Keep the items that differ, and correct their stamps.
        3. Nothing left: nothing happened.
        4. Take the next version; write the Activity with the frame.
        """
        before = locked.stored and locked.stored.state
        stored = _stored_list(locked.pk) if locked.touched else locked.stored
        after = stored and stored.state
        if locked.pairs and not locked.stored and not locked.touched:
            raise ConflictError(f"list {locked.pk} was made while it was being changed")
        pairs = self._changed_items(locked) if stored else {}
        people = self._member_pairs(locked) if stored else []
        if before == after and not pairs and not people:
            return None
        if stored:
            _increment_version(locked, stored)
        verb = self._verb(before, after, pairs, people)
        change = self._change(locked, stored, verb, pairs, own=before != after or bool(people))
        entries = [diff.item_entry(pk, pair) for pk, pair in pairs.items()]
        entries += [diff.member_entry(pair) for pair in people]
        if before != after:
            entries.insert(0, diff.list_entry(locked.pk, before, after))
        self._write_activity(locked.pk, change, entries)
        for instance in locked.instances:
            instance.version, instance.last_interaction = change.version, change.at
        return change

    def _changed_items(self, locked: LockedList) -> dict[UUID, diff.ItemPair]:
        """Return the pairs that differ, their stamps correct in the database."""
        settled: dict[UUID, diff.ItemPair] = {}
        wrong: dict[UUID, dict[str, Any]] = {}
        for pk, (before, after) in locked.pairs.items():
            wanted = after and self._stamped(locked, before, after)
            changed = diff.differs(before, wanted)
            if not changed:
                wanted = before
            if after is not None and wanted is not None:
                columns = diff.bookkeeping_corrections(after, locked.keys[pk], wanted)
                if columns:
                    wrong[pk] = columns
            if changed:
                settled[pk] = (before, wanted)
        _write_corrections(wrong)
        return settled

    def _stamped(self, locked: LockedList, before: ItemRow | None, after: ItemRow) -> ItemRow:
        return diff.with_bookkeeping(
            before, after, at=locked.at, actor=self.actor, version=locked.next_version
        )

    def _member_pairs(self, locked: LockedList) -> list[diff.MemberPair]:
        if locked.members is None:
            return []
        return diff.pair_members(locked.members, queries.members(locked.pk))

    def _verb(
        self,
        before: diff.ListState | None,
        after: diff.ListState | None,
        pairs: dict[UUID, diff.ItemPair],
        people: list[diff.MemberPair],
    ) -> Verb:
        own = diff.list_verb(before, after)
        if self.verb is not None and own not in {"list.created", "list.deleted"}:
            return self.verb
        if own is not None:
            return own
        if people:
            return diff.member_verb(people, self.actor) if not pairs else "list.edited"
        return diff.items_verb(pairs.values())

    def _change(
        self,
        locked: LockedList,
        stored: StoredList | None,
        verb: Verb,
        pairs: dict[UUID, diff.ItemPair],
        *,
        own: bool,
    ) -> Change:
        op = None if locked.op_used else self.acting.operation_id
        before = locked.stored or stored
        assert before is not None  # a list that never was cannot have changed
        return Change(
            topic=topic_of(locked.pk),
            epoch=before.epoch,
            version=locked.next_version,
            at=locked.at,
            actor=self.actor,
            op=None if op is None else str(op),
            verb=verb,
            list=self._list_row(locked) if own and stored else msgspec.UNSET,
            items=tuple(after for _, after in pairs.values() if after is not None),
            gone=tuple(pk for pk, (_, after) in pairs.items() if after is None),
            undoes=msgspec.UNSET if self.undoes is None else self.undoes,
        )

    def _list_row(self, locked: LockedList) -> ListRow:
        return queries.list_row(locked.pk)

    def _write_activity(self, pk: UUID, change: Change, entries: list[diff.Entry]) -> None:
        models.Activity.objects.create(
            list_id=pk,
            version=change.version,
            epoch=change.epoch,
            verb=change.verb,
            actor_id=optional_id(change.actor),
            actor_name=change.actor.name if change.actor else "",
            operation_id=change.op,
            changes=entries,
            frame=encode(change),
            undoes=self.undoes,
            at=change.at,
        )


# A transaction belongs to one connection, and a connection to one thread.
_local = threading.local()


def current() -> UnitOfWork | None:
    """Return the recording that is open on this thread."""
    return getattr(_local, "unit", None)


@contextmanager
def recording(
    *lists: UUID, verb: Verb | None = None, undoes: int | None = None
) -> Iterator[UnitOfWork]:
    """Make everything written inside one change of each list that it touches.

    Inside another recording it joins that one. `verb` overrides the verb that
    would be found from the rows; `undoes` is the version that an undo undoes.
    Raises ConflictError if a list moved in spite of its lock.
    """
    outer = current()
    if outer is not None:
        outer.lock(lists)
        outer.verb = outer.verb or verb
        outer.undoes = undoes if outer.undoes is None else outer.undoes
        yield outer
        return
    with transaction.atomic():
        unit = UnitOfWork(verb, undoes)
        _local.unit = unit
        try:
            unit.lock(lists)
            yield unit
            unit.finish()
        finally:
            _local.unit = None


def _lock_one(pk: UUID) -> QuerySet[Any, Any]:
    rows = models.ShoppingList.objects.select_for_update(no_key=True)
    return rows.filter(pk=pk).values_list(*_LIST_COLUMNS)


_locked_row = CompiledQuery(
    _lock_one, fields=[UUIDField()], sample_arguments=((UUID(int=1),), (UUID(int=2),))
)


def _locked_rows(ids: list[UUID], op: UUID | None = None) -> Iterator[StoredList]:
    if len(ids) == 1 and op is None:
        return starmap(StoredList, _locked_row(ids[0]))
    rows = models.ShoppingList.objects.select_for_update(no_key=True)
    rows = rows.filter(pk__in=ids).order_by("pk")
    if op is None:
        return starmap(StoredList, rows.values_list(*_LIST_COLUMNS))
    used = models.Activity.objects.filter(list_id=OuterRef("pk"), operation_id=op)
    return starmap(StoredList, rows.values_list(*_LIST_COLUMNS, Exists(used)))


def _stored_list(pk: UUID) -> StoredList | None:
    rows = models.ShoppingList.objects.filter(pk=pk).values_list(*_LIST_COLUMNS)
    found = rows.first()
    return None if found is None else StoredList(*found)


def _continue_deleted_history(locked: LockedList, op: UUID | None) -> None:
    log = models.Activity.objects.filter(list_id=locked.pk)
    locked.deleted_list_version = log.aggregate(last=Max("version"))["last"] or 0
    if locked.deleted_list_version and op:
        locked.op_used = log.filter(operation_id=op).exists()


def _unrecorded(model: type[Model]) -> QuerySet[Any]:
    """Return a queryset whose updates are recording's own, and not recorded."""
    return QuerySet(model)


def _increment_version(locked: LockedList, stored: StoredList) -> None:
    """Raise the version, and last_interaction with it, and no other column."""
    expected = locked.stored.version if locked.stored else stored.version
    rows = _unrecorded(models.ShoppingList).filter(pk=locked.pk, version=expected)
    moved = rows.update(version=locked.next_version, last_interaction=locked.at)
    if moved != 1:
        # The lock was taken inside a savepoint that was rolled back since.
        raise ConflictError(f"list {locked.pk} moved while it was being changed")


def _write_corrections(wrong: dict[UUID, dict[str, Any]]) -> None:
    """Write the stamps that the writer could not, equal ones together."""
    alike: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for pk, columns in wrong.items():
        alike[tuple(columns.items())].append(pk)
    for stamps, ids in alike.items():
        for batch in batched(ids, MAX_IDS_PER_QUERY):
            _unrecorded(models.ShoppingItem).filter(pk__in=batch).update(**dict(stamps))


def _stamp_tick(
    instance: models.ShoppingItem, before: ItemRow | None, at: datetime, who: Person | None
) -> None:
    if instance.purchased is False:
        instance.purchased_at = instance.purchased_by_id = None
    elif before is not None and before.purchased:
        instance.purchased_at = before.purchased_at
        instance.purchased_by_id = optional_id(before.purchased_by)
    elif instance.purchased_at is None or (before and instance.purchased_at == before.purchased_at):
        instance.purchased_at = at
        instance.purchased_by_id = optional_id(who)


def _writes_anything(
    instance: models.ShoppingItem, stored: StoredItem | None, written: Iterable[str] | None
) -> bool:
    if stored is None or instance.shopping_list_id != stored.list_id:
        return True
    fields = _ITEM_FIELDS if written is None else _ITEM_FIELDS & set(written)
    return any(getattr(instance, field) != getattr(stored.row, field) for field in fields)


def lock_rows(ids: Iterable[UUID]) -> None:
    """Lock list rows, in id order, for the rest of the open transaction."""
    list(_locked_rows(sorted(set(ids))))
