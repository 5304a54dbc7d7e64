"""Add, change and remove items. Call inside a recording of their list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS

from shopping_list import models
from shopping_list.parsing import item_names
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import ItemRow, StoredItem, optional_id
from shopping_list.services import ordering

Outcome = Literal["added", "merged", "put_back"]
DETAILS = ("quantity", "note", "category")


class DuplicateNameError(ValueError):
    """An open item of that name is on the list; `existing` is its id."""

    def __init__(self, existing: UUID) -> None:
        super().__init__(str(existing))
        self.existing = existing


class IdInUseError(ValueError):
    """The chosen id belongs to another item."""


def to_model(stored: StoredItem) -> models.ShoppingItem:
    """Return the model instance of a row that was just read, without reading it again."""
    known = {
        **msgspec.structs.asdict(stored.row),
        "purchased_by_id": optional_id(stored.row.purchased_by),
        "created_by_id": optional_id(stored.row.created_by),
        "shopping_list_id": stored.list_id,
        "name_key": stored.name_key,
    }
    columns = [field.attname for field in models.ShoppingItem._meta.concrete_fields]
    values = [known[column] for column in columns]
    return models.ShoppingItem.from_db(DEFAULT_DB_ALIAS, columns, values)


def add(
    unit: OpenRecording, list_id: UUID, fields: Mapping[str, Any], *, merge: bool = True
) -> tuple[UUID, Outcome]:
    """Put something on the list, and say whether it was there already.

    An open item of the same name gets the quantity if it had none; a bought
    one is put back; else a new one is added. With `merge` off any item of that
    name raises DuplicateNameError. Raises IdInUseError, NotOnListError.
    """
    wanted_fields = dict(fields)
    pk = wanted_fields.pop("id", None) or uuid.uuid4()
    found = None if wanted_fields.get("purchased") else _same_name(list_id, wanted_fields["name"])
    if found is None:
        _create(unit, list_id, pk, wanted_fields)
        return pk, "added"
    if not merge:
        raise DuplicateNameError(found.pk)
    outcome: Outcome = "put_back" if found.purchased else "merged"
    _write(found, _merge_fields(found, wanted_fields))
    return found.pk, outcome


def change(stored: StoredItem, fields: Mapping[str, Any]) -> None:
    """Write the fields that are named, and no others.

    Raises DuplicateNameError where the item would become the second open one
    of its name, and NotOnListError for `after`.
    """
    wanted = dict(fields)
    if "after" in wanted:
        after = wanted.pop("after")
        wanted["position"] = ordering.position_after(stored.list_id, after, moving=stored.row.id)
    if wanted.keys() & {"name", "purchased"}:
        _require_unique_open_name(stored, wanted)
    _write(to_model(stored), wanted)


def rows_after(unit: OpenRecording, list_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ItemRow]:
    """Return items as a recording left them.

    Call `unit.stored_item` for them inside, and this after its end.
    """
    found = {pk: unit.stored_item(pk, on=list_id) for pk in ids}
    rows = {pk: stored.row for pk, stored in found.items() if stored is not None}
    change = unit.changes.get(list_id)
    return rows | {row.id: row for row in change.items} if change else rows


def _require_unique_open_name(stored: StoredItem, wanted: Mapping[str, Any]) -> None:
    if wanted.get("purchased", stored.row.purchased):
        return
    name = wanted.get("name", stored.row.name)
    duplicate = _same_name(stored.list_id, name, only_open=True, exclude=stored.row.id)
    if duplicate is not None:
        raise DuplicateNameError(duplicate.pk)


def _create(unit: OpenRecording, list_id: UUID, pk: UUID, wanted: dict[str, Any]) -> None:
    if models.ShoppingItem.objects.filter(pk=pk).exists():
        raise IdInUseError(str(pk))
    place = ""
    if "after" in wanted:
        place = ordering.position_after(list_id, wanted.pop("after"))
    models.ShoppingItem(
        pk=pk,
        shopping_list_id=list_id,
        created_by_id=optional_id(unit.actor),
        position=place,
        **wanted,
    ).save(force_insert=True)


def _merge_fields(found: models.ShoppingItem, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what adding an item changes on the one of its name that is there."""
    if found.purchased:
        return {"purchased": False, **{name: wanted[name] for name in DETAILS if wanted.get(name)}}
    if not found.quantity and wanted.get("quantity"):
        return {"quantity": wanted["quantity"]}
    return {}


def _write(item: models.ShoppingItem, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(item, name, value)
    if values:
        item.save(update_fields=values.keys())


def _same_name(
    list_id: UUID, name: str, *, only_open: bool = False, exclude: UUID | None = None
) -> models.ShoppingItem | None:
    """Return the open item of that name, else the one bought last."""
    items = models.ShoppingItem.objects.filter(
        shopping_list_id=list_id, name_key=item_names.comparison_key(name)
    )
    if only_open:
        items = items.filter(purchased=False)
    return items.exclude(pk=exclude).order_by("purchased", "-purchased_at").first()
