"""How a recorded change affects the access of users, read from its log entry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shopping_list.rows import ROLES, Moment, Person


class AccessChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ids of users who joined, were removed or got a lower role; whether the list is deleted.

    All members join a list that is created or restored from the trash. `by` and `at` are of
    a removal.
    """

    joined: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    downgraded: tuple[int, ...] = ()
    deleted: bool = False
    by: Person | None = None
    at: Moment | None = None

    def __bool__(self) -> bool:
        return self != NO_CHANGES


NO_CHANGES = AccessChanges()


class _Member(msgspec.Struct):
    id: int


class _List(msgspec.Struct):
    members: tuple[_Member, ...] = ()


class _ChangeFrame(msgspec.Struct):
    list: _List = msgspec.field(default_factory=_List)
    actor: Person | None = None
    at: Moment | None = None


_frame_decoder = msgspec.json.Decoder(_ChangeFrame)


def access_changes_of(changes: Iterable[Mapping[str, Any]], frame: bytes) -> AccessChanges:
    """Return the access changes in an Activity's `changes`: NO_CHANGES for most of them."""
    joined: dict[int, None] = {}
    removed: list[int] = []
    downgraded: list[int] = []
    deleted = False
    for change in changes:
        before, after = change.get("before"), change.get("after")
        if "list" in change:
            existed, exists = _exists(before), _exists(after)
            deleted = existed and not exists
            if exists and not existed:
                members = _frame_decoder.decode(frame).list.members
                joined.update((member.id, None) for member in members)
        elif "member" in change:
            if before is None:
                joined[change["member"]] = None
            elif after is None:
                removed.append(change["member"])
            elif ROLES.index(after["role"]) < ROLES.index(before["role"]):
                downgraded.append(change["member"])
    change_frame = _frame_decoder.decode(frame) if removed else _ChangeFrame()
    return AccessChanges(
        joined=tuple(joined),
        removed=tuple(removed),
        downgraded=tuple(downgraded),
        deleted=deleted,
        by=change_frame.actor,
        at=change_frame.at,
    )


def _exists(state: Mapping[str, Any] | None) -> bool:
    return state is not None and not state.get("deleted")
