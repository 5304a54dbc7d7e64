"""The effect of a change on users' access is read from its log entry."""

from __future__ import annotations

from live.delivery.access_changes import NO_CHANGES, AccessChanges
from live.delivery.access_changes import access_changes_of as read

ANA = {"id": 3, "name": "Ana"}


FRAME = b'{"type":"change","list":{"id":"8f","members":[{"id":3},{"id":4}]},"items":[]}'


def effects_of(changes: list[dict]) -> AccessChanges:
    return read(changes, FRAME)


def member(before: str | None, after: str | None) -> dict:
    def row(role: str | None) -> dict | None:
        return role and {**ANA, "role": role}

    return {"member": 3, "before": row(before), "after": row(after)}


def test_item_change_affects_no_access():
    assert effects_of([{"item": "8f", "before": None, "after": {"name": "Milk"}}]) == NO_CHANGES
    assert not effects_of([])


def test_added_and_removed_members_are_reported():
    assert effects_of([member(None, "editor")]) == AccessChanges(joined=(3,))
    assert effects_of([member("editor", None)]) == AccessChanges(removed=(3,))


def test_lower_role_is_reported_but_higher_role_is_not():
    assert effects_of([member("owner", "viewer")]) == AccessChanges(downgraded=(3,))
    assert effects_of([member("viewer", "owner")]) == NO_CHANGES


def test_deleted_and_restored_lists_are_reported():
    alive, dead = {"name": "L", "deleted": False}, {"name": "L", "deleted": True}
    assert effects_of([{"list": "8f", "before": alive, "after": dead}]) == AccessChanges(
        deleted=True
    )
    assert effects_of([{"list": "8f", "before": alive, "after": None}]) == AccessChanges(
        deleted=True
    )
    assert effects_of([{"list": "8f", "before": dead, "after": alive}]) == AccessChanges(
        joined=(3, 4)
    )
    assert effects_of([{"list": "8f", "before": None, "after": alive}]) == AccessChanges(
        joined=(3, 4)
    )
    assert effects_of([{"list": "8f", "before": dead, "after": None}]) == NO_CHANGES
