"""What changed between two readings of a list, as verbs and entries of the log.

Pure: it takes rows, and returns verbs, entries and the columns to correct.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import astuple, replace

from shopping_list.parsing import item_names
from shopping_list.rows import ItemRow, Member, Person, StoredItem, Verb, optional_id, to_json

# The columns that recording sets itself; a difference in these alone is no change.
_BOOKKEEPING_FIELDS = frozenset({"version", "updated_at"})
# A tick also ends that an item was not found.
_TICK = frozenset({"purchased", "purchased_at", "purchased_by", "not_found_at"})

Entry = dict[str, Any]
FieldDiff = tuple[str, Any, Any]
"""The name of a field, and its value before and after."""
ItemPair = tuple[ItemRow | None, ItemRow | None]
MemberPair = tuple[Member | None, Member | None]
ListState = Mapping[str, Any]


def field_diffs(before: ItemRow, after: ItemRow) -> tuple[FieldDiff, ...]:
    """Return the fields that differ, the bookkeeping fields among them."""
    values = zip(ItemRow.__struct_fields__, astuple(before), astuple(after), strict=True)
    # Most values are the same object. To compare two times or users takes longer.
    return tuple([(name, old, new) for name, old, new in values if old is not new and old != new])


def without_bookkeeping(diffs: Iterable[FieldDiff]) -> tuple[FieldDiff, ...]:
    """Return the differences that are a change."""
    return tuple([each for each in diffs if each[0] not in _BOOKKEEPING_FIELDS])


def stamps_before(diffs: Iterable[FieldDiff]) -> tuple[int, datetime | None]:
    """Return the version and the time of a row before its edit; None for the same time."""
    before = {name: old for name, old, _ in diffs if name in _BOOKKEEPING_FIELDS}
    return before["version"], before.get("updated_at")


def changed_fields(before: ItemRow, after: ItemRow) -> frozenset[str]:
    """Return the names of the fields that differ, without the bookkeeping fields."""
    return frozenset(name for name, _, _ in without_bookkeeping(field_diffs(before, after)))


def differs(before: ItemRow | None, after: ItemRow | None) -> bool:
    """Tell whether anything but bookkeeping fields changed."""
    if before is None or after is None:
        return before is not after
    return before != replace(after, version=before.version, updated_at=before.updated_at)


def with_bookkeeping(
    before: ItemRow | None, after: ItemRow, *, at: datetime, actor: Person | None, version: int
) -> ItemRow:
    """Return `after` with the bookkeeping fields that this change sets.

    A tick gets the time and the user of this change, unless the writer set
    another time (an import, an undo). An open item has neither. A bought item was found.
    """
    purchased_at, purchased_by = after.purchased_at, after.purchased_by
    if not after.purchased:
        purchased_at = purchased_by = None
    elif before is None or not before.purchased:
        is_time_set = purchased_at is not None and (
            before is None or purchased_at != before.purchased_at
        )
        purchased_at, purchased_by = (purchased_at, purchased_by) if is_time_set else (at, actor)
    not_found_at = None if after.purchased else after.not_found_at
    if not_found_at is not None and (before is None or not_found_at != before.not_found_at):
        not_found_at = min(not_found_at, at)
    return replace(
        after,
        version=version,
        updated_at=at,
        purchased_at=purchased_at,
        purchased_by=purchased_by,
        not_found_at=not_found_at,
    )


class Keys(NamedTuple):
    """The key of an item's name as it is stored after a change, and as it must be."""

    stored: str
    expected: str


def keys_of(before: StoredItem | None, after: StoredItem) -> Keys:
    """Return the keys of an item after a change. An unchanged name keeps its key."""
    if before is not None and before.row.name == after.row.name:
        return Keys(after.name_key, before.name_key)
    return Keys(after.name_key, item_names.comparison_key(after.row.name))


def bookkeeping_corrections(stored: ItemRow, keys: Keys, expected: ItemRow) -> dict[str, Any]:
    """Return the columns to write so that the stored row becomes the expected one."""
    columns: dict[str, Any] = {}
    for field in ("version", "updated_at", "purchased_at", "not_found_at"):
        if getattr(stored, field) != getattr(expected, field):
            columns[field] = getattr(expected, field)
    if stored.purchased_by != expected.purchased_by:
        columns["purchased_by_id"] = optional_id(expected.purchased_by)
    if keys.stored != keys.expected:
        columns["name_key"] = keys.expected
    return columns


def item_kind(before: ItemRow | None, after: ItemRow | None) -> str:
    """Return what happened to an item: the second half of its verb."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    fields = changed_fields(before, after)
    if "purchased" in fields and fields <= _TICK:
        return "ticked" if after.purchased else "unticked"
    return "moved" if fields == {"position"} else "edited"


def items_verb(pairs: Iterable[ItemPair]) -> Verb:
    """Return the verb for one or many changed items; different kinds together are an edit."""
    kinds = [item_kind(before, after) for before, after in pairs]
    noun = "item" if len(kinds) == 1 else "items"
    kind = kinds[0] if len(set(kinds)) == 1 else "edited"
    verb: Verb = msgspec.convert(f"{noun}.{kind}", Verb)
    return verb


def member_verb(pairs: Iterable[MemberPair], actor: Person | None) -> Verb:
    """Return the verb for changed memberships; a member who removes themselves leaves."""
    verb: Verb = "member.role"
    for before, after in pairs:
        if before is None:
            return "member.joined"
        if after is None:
            verb = "member.left" if actor and actor.id == before.id else "member.removed"
    return verb


def growth(pairs: Iterable[ItemPair | MemberPair]) -> int:
    """Return how many rows more there are after than before."""
    return sum((before is None) - (after is None) for before, after in pairs)


def list_verb(before: ListState | None, after: ListState | None) -> Verb | None:
    """Return the verb for a list's own fields, or None if they are the same."""
    if before == after:
        return None
    if before is None:
        return "list.created"
    if after is None or (after["deleted"] and not before["deleted"]):
        return "list.deleted"
    if before["deleted"] and not after["deleted"]:
        return "list.restored"
    changed = {field for field in after if after[field] != before[field]}
    return "list.renamed" if changed == {"name"} else "list.edited"


def pair_members(before: Iterable[Member], after: Iterable[Member]) -> list[MemberPair]:
    """Return the members that differ, each as (before, after)."""
    old = {member.id: member for member in before}
    new = {member.id: member for member in after}
    ids = [*old, *(pk for pk in new if pk not in old)]
    return [(old.get(pk), new.get(pk)) for pk in ids if old.get(pk) != new.get(pk)]


def item_entry(item_id: UUID, pair: ItemPair) -> Entry:
    """Return an item's entry in the log."""
    return {"item": str(item_id), "before": _to_json(pair[0]), "after": _to_json(pair[1])}


def member_entry(pair: MemberPair) -> Entry:
    """Return a membership's entry in the log."""
    member = pair[0] or pair[1]
    assert member is not None
    return {"member": member.id, "before": _to_json(pair[0]), "after": _to_json(pair[1])}


def list_entry(list_id: UUID, before: ListState | None, after: ListState | None) -> Entry:
    """Return the entry of a list's own fields in the log."""
    return {"list": str(list_id), "before": before, "after": after}


def _to_json(row: msgspec.Struct | None) -> dict[str, Any] | None:
    return None if row is None else to_json(row)
