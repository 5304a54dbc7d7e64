"""Add, change and remove items. Call inside a recording of their list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS
from django.db.models import CharField, QuerySet, UUIDField
from django.utils import timezone

from rest.compiled_query import CompiledQuery
from rest.errors import DomainError
from shopping_list import models, queries
from shopping_list.parsing import item_merge, item_names
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import ItemRow, StoredItem, optional_id
from shopping_list.services import ordering

Outcome = Literal["added", "merged", "put_back", "conflict"]


class Added(NamedTuple):
    """An item that was added, or the one that the list had, with what the add changed in it.

    `changed` names its fields, `not_taken` has the typed texts that it does not have, and
    `reason` says why, if there is a conflict.
    """

    id: UUID
    outcome: Outcome
    changed: tuple[str, ...] = ()
    not_taken: Mapping[str, str] = MappingProxyType({})
    reason: str = ""


class DuplicateNameError(DomainError):
    """An item of that name is on the list already; `existing` is its id."""

    message = "An item of that name is on the list already."

    def __init__(self, existing: UUID) -> None:
        super().__init__()
        self.existing = existing


class MergeConflictError(DomainError):
    """The texts of an added item do not fit into the fields of the open item of its name.

    `existing` is that item, `field` the first field that is too short.
    """

    def __init__(self, existing: UUID, field: str, max_length: int) -> None:
        super().__init__(
            f"An item of that name is on the list already, and its {field} would be longer "
            f"than {max_length:,} characters."
        )
        self.existing = existing
        self.field = field


class IdInUseError(DomainError):
    """Another row has the id that the client chose; `line` is its line in a bulk request."""

    message = "That id is taken; choose another one."
    line: int | None = None


def to_model(stored: StoredItem) -> models.ShoppingItem:
    """Return the model instance of a row that was just read, without reading it again."""
    values = {
        **msgspec.structs.asdict(stored.row),
        "purchased_by_id": optional_id(stored.row.purchased_by),
        "created_by_id": optional_id(stored.row.created_by),
        "shopping_list_id": stored.list_id,
        "name_key": stored.name_key,
    }
    columns = [field.attname for field in models.ShoppingItem._meta.concrete_fields]
    return models.ShoppingItem.from_db(
        DEFAULT_DB_ALIAS, columns, [values[column] for column in columns]
    )


def add(
    unit: OpenRecording, list_id: UUID, fields: Mapping[str, Any], *, merge: bool = True
) -> Added:
    """Add an item to the list, or merge it into the item that the list has of its name.

    item_merge.py has the rules. With `merge` off, any item of that name raises
    DuplicateNameError. Raises MergeConflictError, IdInUseError, NotOnListError.
    """
    new_fields = dict(fields)
    pk = new_fields.pop("id", None)
    same = None if new_fields.get("purchased") else _find_same_name(list_id, new_fields["name"])
    if same is None:
        return Added(_create(unit, list_id, pk, new_fields), "added")
    if not merge:
        raise DuplicateNameError(same.pk)
    return _merge(same, new_fields)


def add_or_conflict(unit: OpenRecording, list_id: UUID, fields: Mapping[str, Any]) -> Added:
    """Add an item; if it cannot be merged, write nothing and return the conflict."""
    try:
        return add(unit, list_id, fields)
    except MergeConflictError as error:
        typed = {field: fields[field] for field in item_merge.DETAILS if fields.get(field)}
        return Added(error.existing, "conflict", (), typed, str(error))


def change(stored: StoredItem, fields: Mapping[str, Any]) -> None:
    """Write these fields, and no others.

    Raises DuplicateNameError if the item would become the second open one of its
    name, and NotOnListError for `after`.
    """
    columns = dict(fields)
    if "not_found" in columns:
        columns["not_found_at"] = _not_found_at(stored.row, is_missing=columns.pop("not_found"))
    if "after" in columns:
        after = columns.pop("after")
        columns["position"] = ordering.position_after(stored.list_id, after, moving=stored.row.id)
    if columns.keys() & {"name", "purchased"}:
        _require_unique_open_name(stored, columns)
    _write(to_model(stored), columns)


def rows_after(unit: OpenRecording, list_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ItemRow]:
    """Return items as they are after a recording.

    Call `unit.stored_item` for them inside the recording, and this after its end.
    """
    before = {pk: unit.stored_item(pk, on=list_id) for pk in ids}
    rows = {pk: stored.row for pk, stored in before.items() if stored is not None}
    change = unit.changes.get(list_id)
    return rows | {row.id: row for row in change.items} if change else rows


def edit_many(items: QuerySet[Any], fields: Mapping[str, Any]) -> None:
    """Write the same fields of many items: `category`, `shops` and `not_found`."""
    columns = {name: value for name, value in fields.items() if name != "not_found"}
    if columns:
        items.update(**columns)
    if "not_found" in fields:
        # Those that are marked already keep the time of their mark.
        changed = items.filter(not_found_at__isnull=fields["not_found"])
        changed.update(not_found_at=timezone.now() if fields["not_found"] else None)


def _not_found_at(row: ItemRow, *, is_missing: bool) -> datetime | None:
    """Return the time of the mark "not found": one that is there already is kept."""
    return row.not_found_at or timezone.now() if is_missing else None


def _require_unique_open_name(stored: StoredItem, columns: Mapping[str, Any]) -> None:
    if columns.get("purchased", stored.row.purchased):
        return
    name = columns.get("name", stored.row.name)
    key = item_names.comparison_key(name)
    for (duplicate,) in _other_open_item(stored.list_id, key, stored.row.id):
        raise DuplicateNameError(duplicate)


def _create(unit: OpenRecording, list_id: UUID, pk: UUID | None, fields: dict[str, Any]) -> UUID:
    """Insert an item under the id that the client chose, or under a new one; return the id."""
    if pk is not None and models.ShoppingItem.objects.filter(pk=pk).exists():
        raise IdInUseError
    pk = pk or uuid.uuid4()
    if fields.pop("not_found", False):
        fields["not_found_at"] = timezone.now()
    position = ""
    if "after" in fields:
        position = ordering.position_after(list_id, fields.pop("after"))
    models.ShoppingItem(
        pk=pk,
        shopping_list_id=list_id,
        created_by_id=optional_id(unit.actor),
        position=position,
        **fields,
    ).save(force_insert=True)
    return pk


def _merge(item: models.ShoppingItem, new: Mapping[str, Any]) -> Added:
    """Merge the fields of an added item into the item of its name."""
    was_purchased = item.purchased
    current = {field: getattr(item, field) for field in (*item_merge.DETAILS, "shops")}
    try:
        merged = (item_merge.put_back if was_purchased else item_merge.merge)(current, new)
    except item_merge.TooLongToMergeError as error:
        raise MergeConflictError(item.pk, error.field, error.max_length) from error
    _write(item, {**({"purchased": False} if was_purchased else {}), **merged.changes})
    outcome: Outcome = "put_back" if was_purchased else "merged"
    return Added(item.pk, outcome, tuple(merged.changes), merged.not_taken)


def _write(item: models.ShoppingItem, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(item, name, value)
    if values:
        item.save(update_fields=values.keys())


def _of_name(list_id: UUID, key: str) -> QuerySet[Any]:
    items: QuerySet[Any] = models.ShoppingItem.objects.filter(
        shopping_list_id=list_id, name_key=key
    )
    return items


# The open item of a name, else the one that was bought last.
_same_name = CompiledQuery(
    lambda list_id, key: queries.item_columns(
        _of_name(list_id, key).order_by("purchased", "-purchased_at")[:1]
    ),
    fields=[UUIDField(), CharField()],
    sample_arguments=((UUID(int=1), "a"), (UUID(int=2), "b")),
)
_other_open_item = CompiledQuery(
    lambda list_id, key, pk: (
        _of_name(list_id, key).filter(purchased=False).exclude(pk=pk).values_list("pk")
    ),
    fields=[UUIDField(), CharField(), UUIDField()],
    sample_arguments=((UUID(int=1), "a", UUID(int=3)), (UUID(int=2), "b", UUID(int=4))),
)


def _find_same_name(list_id: UUID, name: str) -> models.ShoppingItem | None:
    for values in _same_name(list_id, item_names.comparison_key(name)):
        return to_model(queries.item_from_columns(values))
    return None
