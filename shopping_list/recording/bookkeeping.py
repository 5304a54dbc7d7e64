"""The columns that recording itself sets: versions, times and the tick of an item.

Those of an instance are set before it is written. What cannot be known at that
moment (an expression, a bulk update) is corrected in the database at the end, by
updates that are not recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Model,
    QuerySet,
    UUIDField,
)
from django.db.models.signals import post_save
from django.utils import timezone

from rest.compiled_query import CompiledInsert, CompiledQuery, CompiledUpdate, run_together
from rest.id_array import ids_in
from shopping_list import digest as digests
from shopping_list import models
from shopping_list.parsing import fractional_index, item_names
from shopping_list.recording.locking import ConflictError, LockedList, StoredList
from shopping_list.rows import ItemRow, Person, StoredItem, optional_id

_ITEM_FIELDS = frozenset(
    {
        *("name", "quantity", "note", "category", "purchased", "position", "created_at"),
        *("shops", "not_found_at"),
    }
)


def stamp_list(instance: models.ShoppingList, locked: LockedList) -> None:
    """Keep a save from writing back an older version of the list."""
    if locked.stored is None:
        instance.version = locked.deleted_list_version
        instance.digest = digests.EMPTY
        instance.last_interaction = locked.at
        instance.created_at = _not_after(instance.created_at, locked.at)
        return
    instance.epoch = locked.stored.epoch
    instance.version = locked.stored.version
    instance.digest = locked.stored.digest
    instance.last_interaction = locked.stored.last_interaction


def stamp_item(
    instance: models.ShoppingItem,
    locked: LockedList,
    stored: StoredItem | None,
    *,
    actor: Person | None,
    written: Iterable[str] | None,
) -> None:
    """Set an item's key, tick, version and time before it is written.

    `written` names the fields that the save writes, None all of them.
    """
    before = stored.row if stored else None
    if isinstance(instance.name, str):
        instance.name_key = _key_of(instance.name, stored)
    if before is None:
        instance.created_at = _not_after(instance.created_at, locked.at)
    _stamp_tick(instance, before, locked.at, actor)
    if before is not None and not _is_written(instance, stored, written):
        instance.version, instance.updated_at = before.version, before.updated_at
    else:
        instance.version, instance.updated_at = locked.next_version, locked.at


_last_position = CompiledQuery(
    lambda list_id: (
        models.ShoppingItem.objects.filter(shopping_list_id=list_id)
        .order_by("-position")
        .values_list("position")[:1]
    ),
    fields=[UUIDField()],
    sample_arguments=((UUID(int=1),), (UUID(int=2),)),
)


def last_position(list_id: UUID) -> str:
    """Return a key at or after the position of every item of a list; may be empty."""
    rows = _last_position(list_id)
    return fractional_index.to_valid_key(rows[0][0] if rows else "")


_set_version = CompiledUpdate(
    lambda pk, expected, version, at, digest: (
        _unrecorded(models.ShoppingList).filter(pk=pk, version=expected),
        {"version": version, "last_interaction": at, "digest": digest},
    ),
    fields=[UUIDField(), BigIntegerField(), BigIntegerField(), DateTimeField(), CharField()],
    sample_arguments=(
        (UUID(int=1), 1, 2, datetime(2026, 1, 1, tzinfo=UTC), "a"),
        (UUID(int=2), 3, 4, datetime(2026, 1, 2, tzinfo=UTC), "b"),
    ),
)
_insert_activity = CompiledInsert(models.Activity)


def write_version(locked: LockedList, stored: StoredList | None, activity: models.Activity) -> None:
    """Insert the activity, and raise the list's version to its version if the list exists.

    With the version it writes last_interaction and the digest, and no other column.
    Raises ConflictError if the list has another version than under its lock.
    """
    insert = _insert_activity.bind(activity)
    if stored is None:
        run_together(insert)
    else:
        expected = locked.stored.version if locked.stored else stored.version
        update = _set_version.bind(
            locked.pk, expected, activity.version, locked.last_interaction, activity.digest
        )
        try:
            run_together(update, insert)
        except IntegrityError as error:
            # PostgreSQL has run both before the number of updated rows is known.
            if "unique_version" not in str(error):
                raise
            raise _conflict(locked) from error
        if update.result != 1:
            raise _conflict(locked)
    post_save.send(
        models.Activity,
        instance=activity,
        created=True,
        raw=False,
        using=DEFAULT_DB_ALIAS,
        update_fields=None,
    )


def _conflict(locked: LockedList) -> ConflictError:
    # The lock was taken inside a savepoint that was rolled back since.
    return ConflictError(f"list {locked.pk} changed in spite of its lock")


def start_new_history(list_id: UUID, *, epoch: str, digest: str) -> None:
    """Set the epoch and the digest of a list without a recorded change.

    No client can resume from an earlier position, so every screen reads the list again.
    """
    _unrecorded(models.ShoppingList).filter(pk=list_id).update(epoch=epoch, digest=digest)


def write_corrections(corrections: dict[UUID, dict[str, Any]]) -> None:
    """Write the columns of items that their writer could not set, equal ones together."""
    items_by_columns: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for pk, columns in corrections.items():
        items_by_columns[tuple(columns.items())].append(pk)
    for values, ids in items_by_columns.items():
        _unrecorded(models.ShoppingItem).filter(pk__in=ids_in(ids)).update(**dict(values))


def _unrecorded(model: type[Model]) -> QuerySet[Any]:
    """Return a queryset whose updates are not recorded, because recording makes them."""
    return QuerySet(model)


def _key_of(name: str, stored: StoredItem | None) -> str:
    """Return the key of a name: of an unchanged one the stored key, which may be a twin's."""
    if stored is not None and stored.row.name == name:
        return stored.name_key
    return item_names.comparison_key(name)


def _not_after(time: Any, at: datetime) -> Any:
    """Return a time that is not after the change: an instance reads the clock by itself."""
    is_comparable = isinstance(time, datetime) and timezone.is_aware(time)
    return min(time, at) if is_comparable else time


def _stamp_tick(
    instance: models.ShoppingItem, before: ItemRow | None, at: datetime, actor: Person | None
) -> None:
    if instance.purchased is True:
        instance.not_found_at = None
    elif before is None or instance.not_found_at != before.not_found_at:
        instance.not_found_at = _not_after(instance.not_found_at, at)
    if instance.purchased is False:
        instance.purchased_at = instance.purchased_by_id = None
    elif before is not None and before.purchased:
        instance.purchased_at = before.purchased_at
        instance.purchased_by_id = optional_id(before.purchased_by)
    elif instance.purchased_at is None or (before and instance.purchased_at == before.purchased_at):
        instance.purchased_at = at
        instance.purchased_by_id = optional_id(actor)


def _is_written(
    instance: models.ShoppingItem, stored: StoredItem | None, written: Iterable[str] | None
) -> bool:
    """Tell whether the save changes a field that recording does not set itself."""
    if stored is None or instance.shopping_list_id != stored.list_id:
        return True
    fields = _ITEM_FIELDS if written is None else _ITEM_FIELDS & set(written)
    return any(
        _as_in_row(getattr(instance, field)) != getattr(stored.row, field) for field in fields
    )


def _as_in_row(value: Any) -> Any:
    """Return the value of a model as a row has it: JSON gives lists, and rows have tuples."""
    return tuple(value) if isinstance(value, list) else value
