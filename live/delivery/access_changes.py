"""What a recorded change does to the people of its list, read from its log entry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shopping_list.rows import ROLES


class AccessChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who came, who went, who may do less now, and whether the list itself is gone.

    A list that was made, or taken out of the trash, is joined by all its members.
    """

    joined: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    downgraded: tuple[int, ...] = ()
    deleted: bool = False

    def __bool__(self) -> bool:
        return self != NO_CHANGES


NO_CHANGES = AccessChanges()


class _Id(msgspec.Struct):
    id: int


class _Members(msgspec.Struct):
    members: tuple[_Id, ...] = ()


class _Framed(msgspec.Struct):
    list: _Members = msgspec.field(default_factory=_Members)


_framed = msgspec.json.Decoder(_Framed)


def access_changes_of(changes: Iterable[Mapping[str, Any]], frame: bytes) -> AccessChanges:
    """Return the effects of an Activity's `changes`; NONE for most of them."""
    joined: dict[int, None] = {}
    left: list[int] = []
    lowered: list[int] = []
    deleted = False
    for entry in changes:
        before, after = entry.get("before"), entry.get("after")
        if "list" in entry:
            was, is_now = _exists(before), _exists(after)
            deleted = was and not is_now
            if is_now and not was:
                joined.update((member.id, None) for member in _framed.decode(frame).list.members)
        elif "member" in entry:
            if before is None:
                joined[entry["member"]] = None
            elif after is None:
                left.append(entry["member"])
            elif ROLES.index(after["role"]) < ROLES.index(before["role"]):
                lowered.append(entry["member"])
    return AccessChanges(
        joined=tuple(joined), removed=tuple(left), downgraded=tuple(lowered), deleted=deleted
    )


def _exists(state: Mapping[str, Any] | None) -> bool:
    return state is not None and not state.get("deleted")
