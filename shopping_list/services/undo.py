"""Undo one recorded change, also an older one, if its rows still allow it.

The inverse of a change is applied field by field: a field that the change wrote,
and that no later change wrote, gets back the value that it had before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from rest.errors import DomainError
from rest.id_array import ids_in
from shopping_list import list_settings, models
from shopping_list.parsing import item_names
from shopping_list.recording import compaction
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import Role, StoredItem
from shopping_list.services import items as item_service
from shopping_list.services import list_undo
from shopping_list.services.list_undo import ListUndo, NotUndoableError

ITEM_FIELDS = (
    *("name", "quantity", "note", "category", "purchased", "position", "shops", "not_found_at"),
)
TICK_FIELDS = frozenset({"purchased", "not_found_at"})
SETTINGS = frozenset(list_settings.FIELDS)
Entry = Mapping[str, Any]


class UndoConflictError(DomainError):
    """Rows have changed since, so an undo would overwrite them; `rows` has ids and reasons."""

    message = "That change cannot be undone any more."

    def __init__(self, rows: list[dict[str, str]]) -> None:
        super().__init__()
        self.rows = rows


def required_role(activity: models.Activity) -> Role:
    """Return the role that undoing a change needs: the role that writing its inverse needs."""
    items = [entry for entry in activity.changes if entry.keys() & {"item", "items"}]
    others = [entry for entry in activity.changes if not entry.keys() & {"item", "items"}]
    if not all("list" in entry and _changes_settings_only(entry) for entry in others):
        return "owner"
    ticks = all(
        entry["before"] and entry["after"] and set(_written_fields(entry)) <= TICK_FIELDS
        for entry in items
    )
    return "ticker" if ticks and not others else "editor"


def undo(unit: OpenRecording, activities: Sequence[models.Activity]) -> None:
    """Apply the inverse of a change, or of both changes of a move between two lists.

    Call it inside an open recording of their lists. Raises UndoConflictError with every row
    that prevents it, before anything is written, and NotUndoableError for changes of members.
    """
    inverses = [_load_inverse(unit, activity) for activity in activities]
    conflicts = [conflict for inverse in inverses for conflict in inverse.conflicts()]
    if conflicts:
        raise UndoConflictError(conflicts)
    for inverse in inverses:
        _revert_items(inverse.items, inverse.context)
        if inverse.shopping_list is not None:
            inverse.shopping_list.apply()


def _load_inverse(unit: OpenRecording, activity: models.Activity) -> _Inverse:
    entries = compaction.row_entries(activity.changes, bytes(activity.frame))
    items = [entry for entry in entries if "item" in entry]
    lists = [entry for entry in entries if "list" in entry]
    if not items and not lists:
        raise NotUndoableError(f"Changes of this kind are not undone: {activity.verb}.")
    context = _load_context(unit, activity.list_id, items)
    own = ListUndo.load(activity.list_id, lists[0]) if lists else None
    return _Inverse(items, context, own)


@dataclass(frozen=True)
class _Inverse:
    """The inverse of one change: its entries, and what they are compared with."""

    items: Sequence[Entry]
    context: UndoContext
    shopping_list: ListUndo | None

    def conflicts(self) -> Iterator[dict[str, str]]:
        """Yield the rows that prevent the undo, with the reasons."""
        open_names = _open_names_after(self.items, self.context)
        for entry in self.items:
            if reason := _conflict_reason(entry, self.context, open_names):
                name = _last_name(entry, self.context)
                yield {"item": entry["item"], "name": name, "reason": reason}
        if self.shopping_list is not None:
            yield from self.shopping_list.conflicts()


@dataclass(frozen=True)
class UndoContext:
    """What an undo reads: the rows, the items with open names, the users that still exist."""

    list_id: UUID
    items: Mapping[UUID, StoredItem]
    open_names: Mapping[str, UUID]
    user_ids: frozenset[int]

    def item(self, entry: Entry) -> StoredItem | None:
        """Return the row of an entry, on any list."""
        return self.items.get(UUID(entry["item"]))

    def existing_id(self, user: Entry | None) -> int | None:
        """Return the id of a user of the log, None if their account was deleted."""
        return user["id"] if user and user["id"] in self.user_ids else None


def _load_context(unit: OpenRecording, list_id: UUID, entries: Sequence[Entry]) -> UndoContext:
    ids = [UUID(entry["item"]) for entry in entries]
    rows = unit.stored_items(ids, on=list_id)
    open_items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, purchased=False)
    users = User.objects.filter(pk__in=set(_user_ids(entries)))
    return UndoContext(
        list_id,
        rows,
        dict(open_items.values_list("name_key", "pk")),
        frozenset(users.values_list("pk", flat=True)),
    )


def _user_ids(entries: Sequence[Entry]) -> Iterator[int]:
    for entry in entries:
        before = entry["before"] or {}
        yield from (
            before[field]["id"] for field in ("created_by", "purchased_by") if before.get(field)
        )


def _last_name(entry: Entry, context: UndoContext) -> str:
    logged, item = entry["after"] or entry["before"], context.item(entry)
    return str(logged.get("name") or (item.row.name if item else "An item"))


def _open_names_after(entries: Sequence[Entry], context: UndoContext) -> dict[str, UUID]:
    """Return the items with open names after the undo: names may be exchanged by it."""
    written = {UUID(entry["item"]) for entry in entries}
    names = {key: pk for key, pk in context.open_names.items() if pk not in written}
    for entry in entries:
        row = _row_after(entry, context)
        if row is not None and not row["purchased"]:
            names.setdefault(item_names.comparison_key(row["name"]), UUID(entry["item"]))
    return names


def _row_after(entry: Entry, context: UndoContext) -> Entry | None:
    """Return the name and the tick of a row after the undo, None if it is then removed."""
    item = context.item(entry)
    if entry["before"] is None or entry["after"] is None or item is None:
        before: Entry | None = entry["before"] if entry["after"] is None else None
        return before
    return {"name": item.row.name, "purchased": item.row.purchased} | _values_before(entry)


def _conflict_reason(entry: Entry, context: UndoContext, open_names: Mapping[str, UUID]) -> str:
    """Return why an entry cannot be undone, empty if it can."""
    item, before, after = context.item(entry), entry["before"], entry["after"]
    if after is None and item is not None:
        return "is there again"
    if after is not None and (item is None or item.list_id != context.list_id):
        return "was removed"
    if item is not None and any(
        getattr(item.row, field) != _value(after, field) for field in _written_fields(entry)
    ):
        return "was changed since"
    row = None if before is None else _row_after(entry, context)
    if row is None or row["purchased"]:
        return ""
    owner = open_names.get(item_names.comparison_key(row["name"]))
    return "" if owner == UUID(entry["item"]) else "another open item has that name"


def _written_fields(entry: Entry) -> tuple[str, ...]:
    """Return the fields that a change wrote; for a new row all but its position."""
    before, after = entry["before"], entry["after"]
    if before is None:
        return tuple(field for field in ITEM_FIELDS if field != "position")
    # The entry of a change of many rows has the changed fields only.
    return tuple(field for field in ITEM_FIELDS if before.get(field) != after.get(field))


def _value(logged: Entry, field: str) -> Any:
    """Return the value of a field as a row has it. An entry of an older version has no new ones."""
    if field == "shops":
        return tuple(logged.get(field, ()))
    if field == "not_found_at":
        moment = logged.get(field)
        return datetime.fromisoformat(moment) if moment else None
    return logged[field]


def _values_before(entry: Entry) -> dict[str, Any]:
    return {field: _value(entry["before"], field) for field in _written_fields(entry)}


def _columns_before(entry: Entry, context: UndoContext) -> dict[str, Any]:
    """Return the columns that an undo writes, with their values.

    The time and the user of a purchase change alone if another purchase was put back.
    """
    values = _values_before(entry)
    before, after = entry["before"], entry["after"]
    tick = _tick_before(before, context)
    if "purchased" in values:
        return values | tick
    if before.get("purchased_at") != after.get("purchased_at"):
        values["purchased_at"] = tick["purchased_at"]
    if before.get("purchased_by") != after.get("purchased_by"):
        values["purchased_by_id"] = tick["purchased_by_id"]
    return values


def _revert_items(entries: Sequence[Entry], context: UndoContext) -> None:
    """Write all items with few statements.

    Rows are deleted before rows are restored, so that no name is open twice in between. For
    the same reason a row whose name is another row's until then is deleted and inserted again.
    """
    items = models.ShoppingItem.objects
    edited = [entry for entry in entries if entry["before"] and entry["after"]]
    waiting = [entry for entry in edited if _has_name_of_another(entry, context)]
    deleted = [*waiting, *(entry for entry in entries if entry["before"] is None)]
    if deleted:
        items.filter(pk__in=ids_in([UUID(entry["item"]) for entry in deleted])).remove()
    waiting_ids = {entry["item"] for entry in waiting}
    _restore_edited([entry for entry in edited if entry["item"] not in waiting_ids], context)
    inserted = [_recreated(entry, context) for entry in entries if entry["after"] is None]
    inserted += [_replaced(entry, context) for entry in waiting]
    if inserted:
        items.bulk_create(inserted)


def _has_name_of_another(entry: Entry, context: UndoContext) -> bool:
    row = _row_after(entry, context)
    if row is None or row["purchased"]:
        return False
    owner = context.open_names.get(item_names.comparison_key(row["name"]))
    return owner not in {None, UUID(entry["item"])}


def _replaced(entry: Entry, context: UndoContext) -> models.ShoppingItem:
    stored = context.items[UUID(entry["item"])]
    columns = {
        field.attname: getattr(item_service.to_model(stored), field.attname)
        for field in models.ShoppingItem._meta.concrete_fields
    }
    return models.ShoppingItem(**columns | _columns_before(entry, context))


def _restore_edited(entries: Sequence[Entry], context: UndoContext) -> None:
    """Write rows that get the same values together, and the others field by field.

    The key of a name is written by the save of its row, and must be free before the next one.
    """
    same: defaultdict[tuple[tuple[str, Any], ...], list[StoredItem]] = defaultdict(list)
    for entry in entries:
        values = _columns_before(entry, context)
        stored = context.items[UUID(entry["item"])]
        if "name" in values:
            # A save leaves the tick of an item that stays bought as it is.
            _with_values(stored, values).save(update_fields=values.keys())
        else:
            same[tuple(values.items())].append(stored)
    alone: defaultdict[tuple[str, ...], list[models.ShoppingItem]] = defaultdict(list)
    for group, rows in same.items():
        values = dict(group)
        if len(rows) == 1:
            alone[tuple(values)].append(_with_values(rows[0], values))
        else:
            pks = [stored.row.id for stored in rows]
            models.ShoppingItem.objects.filter(pk__in=ids_in(pks)).update(**values)
    for fields, items in alone.items():
        models.ShoppingItem.objects.bulk_update(items, fields)


def _with_values(stored: StoredItem, values: Mapping[str, Any]) -> models.ShoppingItem:
    item = item_service.to_model(stored)
    for field, value in values.items():
        setattr(item, field, value)
    return item


def _recreated(entry: Entry, context: UndoContext) -> models.ShoppingItem:
    before = entry["before"]
    return models.ShoppingItem(
        pk=UUID(entry["item"]),
        shopping_list_id=context.list_id,
        created_at=datetime.fromisoformat(before["created_at"]),
        created_by_id=context.existing_id(before["created_by"]),
        **{field: _value(before, field) for field in ITEM_FIELDS},
        **_tick_before(before, context),
    )


def _tick_before(before: Entry, context: UndoContext) -> dict[str, Any]:
    """Return when and by whom an item was ticked before a change."""
    purchased_at = before.get("purchased_at")
    return {
        "purchased_at": datetime.fromisoformat(purchased_at) if purchased_at else None,
        "purchased_by_id": context.existing_id(before.get("purchased_by")),
    }


def _changes_settings_only(entry: Entry) -> bool:
    before, after = entry["before"], entry["after"]
    return bool(before and after) and list_undo.written_fields(before, after) <= SETTINGS
