"""Add, change and remove items. Call inside a recording of their list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS

from rest.errors import DomainError
from shopping_list import models
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
    pk = new_fields.pop("id", None) or uuid.uuid4()
    same = None if new_fields.get("purchased") else _find_same_name(list_id, new_fields["name"])
    if same is None:
        _create(unit, list_id, pk, new_fields)
        return pk, "added"
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
    duplicate = _find_same_name(stored.list_id, name, only_open=True, exclude=stored.row.id)
    if duplicate is not None:
        raise DuplicateNameError(duplicate.pk)


def _create(unit: OpenRecording, list_id: UUID, pk: UUID, fields: dict[str, Any]) -> None:
    if models.ShoppingItem.objects.filter(pk=pk).exists():
        raise IdInUseError
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


def _find_same_name(
    list_id: UUID, name: str, *, only_open: bool = False, exclude: UUID | None = None
) -> models.ShoppingItem | None:
    """Return the open item of that name, else the one that was bought last."""
    items = models.ShoppingItem.objects.filter(
        shopping_list_id=list_id, name_key=item_names.comparison_key(name)
    )
    if only_open:
        items = items.filter(purchased=False)
    return items.exclude(pk=exclude).order_by("purchased", "-purchased_at").first()
