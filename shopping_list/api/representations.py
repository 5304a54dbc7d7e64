"""Lists, items and activities as JSON-ready representations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from shopping_list import models, queries
from shopping_list.recording import compaction
from shopping_list.rows import ItemRow, Member, to_json
from shopping_list.services.items import Added


def with_related(lists: QuerySet[Any]) -> QuerySet[Any]:
    """Return the lists with the related rows that their representations need."""
    return lists.select_related("created_by").prefetch_related("memberships__user")


def item_counts(lists: Iterable[models.ShoppingList]) -> dict[Any, tuple[int, int]]:
    """Return (open, total) items by list, in one query."""
    items = models.ShoppingItem.objects.filter(
        shopping_list__in=[shopping_list.pk for shopping_list in lists]
    )
    grouped = items.order_by().values_list("shopping_list_id")
    counts = grouped.annotate(open=Count("pk", filter=Q(purchased=False)), total=Count("pk"))
    return {pk: (open_count, total) for pk, open_count, total in counts}


def shopping_lists(lists: Iterable[models.ShoppingList], user_id: int) -> list[dict[str, Any]]:
    """Return lists as this user sees them, without those that they were removed from since."""
    loaded = list(lists)
    counts = item_counts(loaded)
    results = (_shopping_list(row, user_id, counts.get(row.pk, (0, 0))) for row in loaded)
    return [result for result in results if result["role"] is not None]


def _shopping_list(
    shopping_list: models.ShoppingList, user_id: int, counts: tuple[int, int]
) -> dict[str, Any]:
    memberships = sorted(shopping_list.memberships.all(), key=lambda member: member.user_id)
    members = tuple(
        Member(member.user_id, member.user.display_name, member.role) for member in memberships
    )
    deleted_at = shopping_list.deleted_at
    return {
        **to_json(queries.list_row_of(shopping_list, members)),
        "version": shopping_list.version,
        "epoch": shopping_list.epoch,
        "digest": shopping_list.digest,
        "deleted_at": deleted_at and _timestamp(deleted_at),
        "role": next((member.role for member in members if member.id == user_id), None),
        "items_open": counts[0],
        "items_total": counts[1],
    }


def item(row: ItemRow, **members: Any) -> dict[str, Any]:
    """Return an item, with more members if any are given."""
    return {**to_json(row), **members}


def outcome(added: Added) -> dict[str, Any]:
    """Return what adding an item did."""
    return {
        "outcome": added.outcome,
        "changed": list(added.changed),
        "not_taken": dict(added.not_taken),
        **({"reason": added.reason} if added.reason else {}),
    }


def activities(
    changes: Iterable[models.Activity], *, with_rows: bool = False
) -> list[dict[str, Any]]:
    """Return recorded changes in short, each with the version that undid it.

    `with_rows` adds the rows before and after each change, None for a change of many rows.
    """
    rows = list(changes)
    undone_by = _undone_by(rows) if rows else {}
    results = [_activity(row, undone_by.get(row.version)) for row in rows]
    if with_rows:
        entries = _entries(rows)
        for row, result in zip(rows, results, strict=True):
            result["changes"] = entries.get(row.pk)
    return results


def _entries(changes: Iterable[models.Activity]) -> dict[int, Any]:
    """Return the rows of changes that have whole rows."""
    small = [row.pk for row in changes if row.summary["items"] <= compaction.MAX_WHOLE_ROWS]
    return dict(models.Activity.objects.filter(pk__in=small).values_list("pk", "changes"))


def _undone_by(rows: list[models.Activity]) -> dict[int, int]:
    """Return the version of the undo of each change that is undone now.

    The newest undo is read first, so that it is known of every undo whether it was
    undone itself. An undo is newer than the change that it undoes, so none is
    older than the oldest row.
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
    actor = {"id": row.actor_id, "name": row.actor_name} if row.actor_name else None
    return {
        "version": row.version,
        "digest": row.digest,
        "at": _timestamp(row.at),
        "verb": row.verb,
        "actor": actor,
        "op": None if row.operation_id is None else str(row.operation_id),
        "summary": row.summary,
        "undoes": row.undoes,
        "undone_by": undone_by,
    }
