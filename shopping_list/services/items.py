"""Add, change and remove items. Call inside a recording of their list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS
from django.db.models import CharField, QuerySet, UUIDField

from rest.compiled_query import CompiledQuery
from rest.errors import DomainError
from shopping_list import models, queries
from shopping_list.parsing import item_names
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import ItemRow, StoredItem, optional_id
from shopping_list.services import ordering

Outcome = Literal["added", "merged", "put_back"]
DETAILS = ("quantity", "note", "category")


class DuplicateNameError(DomainError):
    """An item of that name is on the list already; `existing` is its id."""

    message = "An item of that name is on the list already."

    def __init__(self, existing: UUID) -> None:
        super().__init__()
        self.existing = existing


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
) -> tuple[UUID, Outcome]:
    """Add an item to the list; return its id, and whether the list had it already.

    An open item of the same name gets the quantity if it had none. A bought one
    is put back. Otherwise a new item is added. With `merge` off, any item of that
    name raises DuplicateNameError. Raises IdInUseError, NotOnListError.
    """
    new_fields = dict(fields)
    pk = new_fields.pop("id", None)
    same = None if new_fields.get("purchased") else _find_same_name(list_id, new_fields["name"])
    if same is None:
        return _create(unit, list_id, pk, new_fields), "added"
    if not merge:
        raise DuplicateNameError(same.pk)
    outcome: Outcome = "put_back" if same.purchased else "merged"
    _write(same, _merge_fields(same, new_fields))
    return same.pk, outcome


def change(stored: StoredItem, fields: Mapping[str, Any]) -> None:
    """Write these fields, and no others.

    Raises DuplicateNameError if the item would become the second open one of its
    name, and NotOnListError for `after`.
    """
    columns = dict(fields)
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


def _merge_fields(item: models.ShoppingItem, new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an item that adding another of its name changes."""
    if item.purchased:
        return {"purchased": False, **{name: new[name] for name in DETAILS if new.get(name)}}
    if not item.quantity and new.get("quantity"):
        return {"quantity": new["quantity"]}
    return {}


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
