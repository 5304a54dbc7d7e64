"""Lists, items and activities as JSON-ready answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from shopping_list import models, queries
from shopping_list.rows import ItemRow, Member, to_json


def with_related(lists: QuerySet[Any]) -> QuerySet[Any]:
    """Return the lists with all that showing them needs."""
    return lists.select_related("created_by").prefetch_related("memberships__user")


def item_counts(lists: Iterable[models.ShoppingList]) -> dict[Any, tuple[int, int]]:
    """Return (open, total) items by list, in one query."""
    items = models.ShoppingItem.objects.filter(shopping_list__in=[found.pk for found in lists])
    grouped = items.order_by().values_list("shopping_list_id")
    numbers = grouped.annotate(left=Count("pk", filter=Q(purchased=False)), total=Count("pk"))
    return {pk: (left, total) for pk, left, total in numbers}


def shopping_lists(found: Iterable[models.ShoppingList], user_id: int) -> list[dict[str, Any]]:
    """Return lists as this person sees them, without those that they were removed from since."""
    lists = list(found)
    numbers = item_counts(lists)
    shown = (_shopping_list(one, user_id, numbers.get(one.pk, (0, 0))) for one in lists)
    return [one for one in shown if one["role"] is not None]


def _shopping_list(
    one: models.ShoppingList, user_id: int, numbers: tuple[int, int]
) -> dict[str, Any]:
    memberships = sorted(one.memberships.all(), key=lambda member: member.user_id)
    who = tuple(
        Member(member.user_id, member.user.display_name, member.role) for member in memberships
    )
    return {
        **to_json(queries.list_row_of(one, who)),
        "version": one.version,
        "epoch": one.epoch,
        "deleted_at": one.deleted_at and _timestamp(one.deleted_at),
        "role": next((member.role for member in who if member.id == user_id), None),
        "items_open": numbers[0],
        "items_total": numbers[1],
    }


def item(row: ItemRow, **members: Any) -> dict[str, Any]:
    """Return an item."""
    return {**to_json(row), **members}


def activities(found: Iterable[models.Activity]) -> list[dict[str, Any]]:
    """Return recorded changes, each with the version that undid it."""
    rows = list(found)
    undone_by = _undone_by(rows) if rows else {}
    return [_activity(row, undone_by.get(row.version)) for row in rows]


def _undone_by(rows: list[models.Activity]) -> dict[int, int]:
    """Return the undo of each change that was taken back, and stayed so.

    The newest first: when an undo's turn comes, it is known whether it was
    undone itself. An undo is newer than what it undoes, so none of them is older
    than the oldest row.
    """
    undoing = models.Activity.objects.filter(
        list_id=rows[0].list_id, undoes__gte=min(row.version for row in rows)
    )
    undone_by: dict[int, int] = {}
    for undone, version in undoing.order_by("-version").values_list("undoes", "version"):
        if undone is not None and version not in undone_by:
            undone_by.setdefault(undone, version)
    return undone_by


def _timestamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _activity(row: models.Activity, undone_by: int | None) -> dict[str, Any]:
    who = None
    if row.actor_name:
        who = {"id": row.actor_id, "name": row.actor_name}
    return {
        "version": row.version,
        "at": _timestamp(row.at),
        "verb": row.verb,
        "actor": who,
        "op": None if row.operation_id is None else str(row.operation_id),
        "changes": row.changes,
        "undoes": row.undoes,
        "undone_by": undone_by,
    }
