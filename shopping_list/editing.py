"""Add, change and remove items. Call inside a recording of their list."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS

from shopping_list import models, names, ordering
from shopping_list.reading import StoredItem
from shopping_list.recording import Recording
from shopping_list.rows import ItemRow, id_of

Outcome = Literal["added", "merged", "put_back"]
DETAILS = ("quantity", "note", "category")


class DuplicateNameError(ValueError):
    """An open item of that name is on the list; `existing` is its id."""

    def __init__(self, existing: UUID) -> None:
        super().__init__(str(existing))
        self.existing = existing


class IdInUseError(ValueError):
    """The chosen id belongs to another item."""


def instance_of(stored: StoredItem) -> models.ShoppingItem:
    """Return the model instance of a row that was just read, without reading it again."""
    known = {
        **msgspec.structs.asdict(stored.row),
        "purchased_by_id": id_of(stored.row.purchased_by),
        "created_by_id": id_of(stored.row.created_by),
        "shopping_list_id": stored.list_id,
        "name_key": stored.name_key,
    }
    columns = [field.attname for field in models.ShoppingItem._meta.concrete_fields]
    values = [known[column] for column in columns]
    return models.ShoppingItem.from_db(DEFAULT_DB_ALIAS, columns, values)


def add(
    unit: Recording, list_id: UUID, fields: Mapping[str, Any], *, merge: bool = True
) -> tuple[UUID, Outcome]:
    """Put something on the list, and say whether it was there already.

    An open item of the same name gets the quantity if it had none; a bought
    one is put back; else a new one is added. With `merge` off any item of that
    name raises DuplicateNameError. Raises IdInUseError, NotOnListError.
    """
    wanted = dict(fields)
    pk = wanted.pop("id", None) or uuid.uuid4()
    found = None if wanted.get("purchased") else _same_name(list_id, wanted["name"])
    if found is None:
        _create(unit, list_id, pk, wanted)
        return pk, "added"
    if not merge:
        raise DuplicateNameError(found.pk)
    outcome: Outcome = "put_back" if found.purchased else "merged"
    _write(found, _news_for(found, wanted))
    return found.pk, outcome


def change(stored: StoredItem, fields: Mapping[str, Any]) -> None:
    """Write the fields that are named, and no others.

    Raises DuplicateNameError where the item would become the second open one
    of its name, and NotOnListError for `after`.
    """
    wanted = dict(fields)
    if "after" in wanted:
        after = wanted.pop("after")
        wanted["position"] = ordering.place_after(stored.list_id, after, moving=stored.row.id)
    if wanted.keys() & {"name", "purchased"}:
        _keep_open_once(stored, wanted)
    _write(instance_of(stored), wanted)


def rows_of(unit: Recording, list_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ItemRow]:
    """Return items as a recording left them.

    Call `unit.stored_item` for them inside, and this after its end.
    """
    found = {pk: unit.stored_item(pk, on=list_id) for pk in ids}
    rows = {pk: stored.row for pk, stored in found.items() if stored is not None}
    change = unit.changes.get(list_id)
    return rows | {row.id: row for row in change.items} if change else rows


def _keep_open_once(stored: StoredItem, wanted: Mapping[str, Any]) -> None:
    if wanted.get("purchased", stored.row.purchased):
        return
    name = wanted.get("name", stored.row.name)
    twin = _same_name(stored.list_id, name, only_open=True, but=stored.row.id)
    if twin is not None:
        raise DuplicateNameError(twin.pk)


def _create(unit: Recording, list_id: UUID, pk: UUID, wanted: dict[str, Any]) -> None:
    if models.ShoppingItem.objects.filter(pk=pk).exists():
        raise IdInUseError(str(pk))
    place = ""
    if "after" in wanted:
        place = ordering.place_after(list_id, wanted.pop("after"))
    models.ShoppingItem(
        pk=pk,
        shopping_list_id=list_id,
        created_by_id=id_of(unit.actor),
        position=place,
        **wanted,
    ).save(force_insert=True)


def _news_for(found: models.ShoppingItem, wanted: Mapping[str, Any]) -> dict[str, Any]:
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
    list_id: UUID, name: str, *, only_open: bool = False, but: UUID | None = None
) -> models.ShoppingItem | None:
    """Return the open item of that name, else the one bought last."""
    items = models.ShoppingItem.objects.filter(
        shopping_list_id=list_id, name_key=names.key_of(name)
    )
    if only_open:
        items = items.filter(purchased=False)
    return items.exclude(pk=but).order_by("purchased", "-purchased_at").first()
