"""Copy items to another list, or move them there. Call inside a recording of the lists."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from shopping_list import models
from shopping_list.import_export import importer
from shopping_list.import_export.import_plan import PlannedLine
from shopping_list.import_export.parsed_lines import MAX_LENGTHS, Line, ParsedItem
from shopping_list.recording.context import OpenRecording
from shopping_list.rows import ItemRow
from shopping_list.services.items import Added, MergeConflictError


def copy(unit: OpenRecording, list_id: UUID, rows: Iterable[ItemRow]) -> list[Added]:
    """Add items to a list as if they were typed there: open, and merged by their names."""
    return [_added(planned) for planned in _add(unit, list_id, rows)]


def move(unit: OpenRecording, source: UUID, target: UUID, rows: Iterable[ItemRow]) -> list[Added]:
    """Copy items to a list and remove them from theirs, as a move that is undone as a whole.

    Raises MergeConflictError if an item of the other list cannot take the texts of one.
    """
    moved = list(rows)
    lines = _add(unit, target, moved)
    for planned in lines:
        if planned.outcome == "conflict":
            raise MergeConflictError(planned.item.id, planned.field, MAX_LENGTHS[planned.field])
    ids = [row.id for row in moved]
    models.ShoppingItem.objects.filter(shopping_list_id=source, pk__in=ids).remove()
    unit.pair(source, target)
    return [_added(planned) for planned in lines]


def other_half(activity: models.Activity) -> models.Activity | None:
    """Return the change that a move, or its undo, made of the other list; None if it made none."""
    if activity.other_list_id is None:
        return None
    log = models.Activity.objects.filter(
        list_id=activity.other_list_id,
        operation_id=activity.operation_id,
        other_list_id=activity.list_id,
    )
    return log.first()


def may_have_lost_half(activity: models.Activity) -> bool:
    """Tell whether the change that a move made of the other list may have been deleted.

    The log is deleted from its beginning (log_retention.py): what is older than the change
    was deleted before it.
    """
    if activity.other_list_id is None:
        return False
    log = models.Activity.objects.filter(list_id=activity.other_list_id)
    return not log.filter(at__lt=activity.at).exists()


def _add(unit: OpenRecording, list_id: UUID, rows: Iterable[ItemRow]) -> list[PlannedLine]:
    lines = [Line(number, _parsed(row)) for number, row in enumerate(rows, 1)]
    return importer.import_lines(unit, list_id, lines, {}).lines


def _parsed(row: ItemRow) -> ParsedItem:
    return ParsedItem(
        name=row.name,
        quantity=row.quantity,
        note=row.note,
        category=row.category,
        shops=row.shops,
    )


def _added(planned: PlannedLine) -> Added:
    # An item that has all that was added already is merged without a change.
    outcome = "merged" if planned.outcome == "unchanged" else planned.outcome
    return Added(planned.item.id, outcome, planned.changed, planned.not_taken, planned.reason)
