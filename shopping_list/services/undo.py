"""Undo one recorded change, whatever came later, if its rows still allow it.

The inverse of a change is applied field by field: what the change wrote and
nobody has written since goes back to what it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from shopping_list import models
from shopping_list.parsing import item_names
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import Role

ITEM_FIELDS = ("name", "quantity", "note", "category", "purchased", "position")
Entry = Mapping[str, Any]


class UndoConflictError(ValueError):
    """Rows that moved on; `rows` has their ids with the reason."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        super().__init__("blocked")
        self.rows = rows


class NotUndoableError(ValueError):
    """A change of a kind that is not undone this way."""


def required_role(activity: models.Activity) -> Role:
    """Return the role that undoing a change takes: what writing its inverse takes."""
    if not all("item" in entry for entry in activity.changes):
        return "owner"
    ticks = all(
        entry["before"] and entry["after"] and _written(entry) == ("purchased",)
        for entry in activity.changes
    )
    return "ticker" if ticks else "editor"


def undo(unit: OpenRecording, activity: models.Activity) -> None:
    """Apply the inverse of a change inside an open recording of its list.

    Raises BlockedError, with every row that stands in the way and nothing
    changed, and NotUndoableError for changes of members.
    """
    items = [entry for entry in activity.changes if "item" in entry]
    lists = [entry for entry in activity.changes if "list" in entry]
    if not items and not lists:
        raise NotUndoableError(activity.verb)
    ground = _load_context(unit, activity.list_id, items)
    blocked = [
        {"item": entry["item"], "name": (entry["after"] or entry["before"])["name"], "reason": why}
        for entry in items
        if (why := _conflict_reason(entry, ground))
    ]
    if blocked:
        raise UndoConflictError(blocked)
    # Rows leave before rows come back, so that no name is open twice in between.
    for entry in sorted(items, key=lambda entry: entry["before"] is not None):
        _revert(entry, ground)
    for entry in lists:
        _revert_list(entry, activity.list_id)


@dataclass(frozen=True)
class UndoContext:
    """What an undo finds: the rows, who has which open name, who still has an account."""

    list_id: UUID
    items: Mapping[UUID, models.ShoppingItem]
    open_names: Mapping[str, UUID]
    people: frozenset[int]

    def item(self, entry: Entry) -> models.ShoppingItem | None:
        """Return the row of an entry, on whichever list it is."""
        return self.items.get(UUID(entry["item"]))

    def known(self, person: Entry | None) -> int | None:
        """Return the id of a person of the log, None if their account is gone."""
        return person["id"] if person and person["id"] in self.people else None


def _load_context(unit: OpenRecording, list_id: UUID, entries: list[Entry]) -> UndoContext:
    ids = [UUID(entry["item"]) for entry in entries]
    found = models.ShoppingItem.objects.in_bulk(ids)
    # Touching a row locks its list; another list would be locked out of order.
    unit.track_items(pk for pk in ids if pk not in found or found[pk].shopping_list_id == list_id)
    open_items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, purchased=False)
    people = User.objects.filter(pk__in=set(_people(entries)))
    return UndoContext(
        list_id,
        found,
        dict(open_items.values_list("name_key", "pk")),
        frozenset(people.values_list("pk", flat=True)),
    )


def _people(entries: list[Entry]) -> Iterator[int]:
    for entry in entries:
        before = entry["before"] or {}
        yield from (
            before[field]["id"] for field in ("created_by", "purchased_by") if before.get(field)
        )


def _conflict_reason(entry: Entry, ground: UndoContext) -> str:
    """Return what forbids to undo an entry, empty if nothing does."""
    item, before, after = ground.item(entry), entry["before"], entry["after"]
    if after is None:
        return "is there again" if item is not None else _name_is_taken(before, ground, None)
    if item is None or item.shopping_list_id != ground.list_id:
        return "was removed"
    if any(getattr(item, field) != after[field] for field in _written(entry)):
        return "was changed since"
    if before is None:
        return ""
    kept = {field: getattr(item, field) for field in ITEM_FIELDS}
    return _name_is_taken(kept | _values(entry), ground, item.pk)


def _name_is_taken(row: Entry, ground: UndoContext, pk: UUID | None) -> str:
    owner = (
        None if row["purchased"] else ground.open_names.get(item_names.comparison_key(row["name"]))
    )
    return "another open item has that name" if owner not in {None, pk} else ""


def _written(entry: Entry) -> tuple[str, ...]:
    """Return the fields that a change wrote; those of a new row without its place."""
    before, after = entry["before"], entry["after"]
    if before is None:
        return tuple(field for field in ITEM_FIELDS if field != "position")
    return tuple(field for field in ITEM_FIELDS if before[field] != after[field])


def _values(entry: Entry) -> dict[str, Any]:
    return {field: entry["before"][field] for field in _written(entry)}


def _revert(entry: Entry, ground: UndoContext) -> None:
    item = ground.item(entry)
    if item is None:
        _recreate(entry, ground)
    elif entry["before"] is None:
        item.delete()
    else:
        _restore_fields(entry, item, ground)


def _restore_fields(entry: Entry, item: models.ShoppingItem, ground: UndoContext) -> None:
    values = _values(entry)
    for field, value in values.items():
        setattr(item, field, value)
    if "purchased" in values:
        _restore_tick(item, entry["before"], ground)
    item.save(update_fields=values.keys())


def _recreate(entry: Entry, ground: UndoContext) -> None:
    before = entry["before"]
    item = models.ShoppingItem(
        pk=UUID(entry["item"]),
        shopping_list_id=ground.list_id,
        created_at=datetime.fromisoformat(before["created_at"]),
        created_by_id=ground.known(before["created_by"]),
        **{field: before[field] for field in ITEM_FIELDS},
    )
    _restore_tick(item, before, ground)
    item.save(force_insert=True)


def _restore_tick(item: models.ShoppingItem, before: Entry, ground: UndoContext) -> None:
    when = before["purchased_at"]
    item.purchased_at = datetime.fromisoformat(when) if when else None
    item.purchased_by_id = ground.known(before["purchased_by"])


def _revert_list(entry: Entry, list_id: UUID) -> None:
    before, after = entry["before"], entry["after"]
    if not before or not after or before["deleted"] != after["deleted"]:
        raise NotUndoableError("a list comes back with restore")
    one = models.ShoppingList.objects.get(pk=list_id)
    if one.name != after["name"]:
        row = {"list": str(list_id), "name": one.name, "reason": "was changed since"}
        raise UndoConflictError([row])
    one.name = before["name"]
    one.save(update_fields=["name"])
