"""The effect of a change on users' access is read from its log entry."""

from __future__ import annotations

from datetime import UTC, datetime

from live.delivery.access_changes import NO_CHANGES, AccessChanges, access_changes_of
from shopping_list.rows import Person

ANA = {"id": 3, "name": "Ana"}


FRAME = b'{"type":"change","list":{"id":"8f","members":[{"id":3},{"id":4}]},"items":[]}'


def parse_changes(changes: list[dict]) -> AccessChanges:
    return access_changes_of(changes, FRAME)


def role_change(before: str | None, after: str | None) -> dict:
    def row(role: str | None) -> dict | None:
        return role and {**ANA, "role": role}

    return {"member": 3, "before": row(before), "after": row(after)}


def test_item_change_affects_no_access():
    assert parse_changes([{"item": "8f", "before": None, "after": {"name": "Milk"}}]) == NO_CHANGES
    assert not parse_changes([])


def test_added_and_removed_members_are_reported():
    assert parse_changes([role_change(None, "editor")]) == AccessChanges(joined=(3,))
    assert parse_changes([role_change("editor", None)]) == AccessChanges(removed=(3,))


def test_lower_role_is_reported_but_higher_role_is_not():
    assert parse_changes([role_change("owner", "viewer")]) == AccessChanges(downgraded=(3,))
    assert parse_changes([role_change("viewer", "owner")]) == NO_CHANGES


def test_deleted_and_restored_lists_are_reported():
    active, deleted = {"name": "L", "deleted": False}, {"name": "L", "deleted": True}
    assert parse_changes([{"list": "8f", "before": active, "after": deleted}]) == AccessChanges(
        deleted=True
    )
    assert parse_changes([{"list": "8f", "before": active, "after": None}]) == AccessChanges(
        deleted=True
    )
    assert parse_changes([{"list": "8f", "before": deleted, "after": active}]) == AccessChanges(
        joined=(3, 4)
    )
    assert parse_changes([{"list": "8f", "before": None, "after": active}]) == AccessChanges(
        joined=(3, 4)
    )
    assert parse_changes([{"list": "8f", "before": deleted, "after": None}]) == NO_CHANGES


def test_removal_says_who_made_it_and_when():
    """LIV-58"""
    frame = b'{"actor":{"id":4,"name":"Bob"},"at":"2026-11-22T10:00:00Z","items":[]}'
    changes = access_changes_of([role_change("editor", None)], frame)
    assert changes.by == Person(4, "Bob")
    assert changes.at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert access_changes_of([role_change(None, "editor")], frame) == AccessChanges(joined=(3,))
