"""Stores the marks of the conditions of the verdict: when each began, and when it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Q

from live.history.condition_spans import (
    MERGE_SECONDS,
    ConditionSpan,
    StoredSpan,
    plan_changes,
)
from live.models import Mark, MarkKind


def store_conditions(known: Sequence[ConditionSpan], now: datetime) -> None:
    """Write the marks of the conditions. Only the holder of the lease calls it."""
    oldest = min((span.since for span in known), default=now.timestamp()) - MERGE_SECONDS
    marks = Mark.objects.filter(kind=MarkKind.CONDITION)
    is_recent = Q(until__gte=datetime.fromtimestamp(oldest, UTC))
    stored = [_stored(mark) for mark in marks.filter(is_recent | Q(is_over=False)).order_by("at")]
    changes = plan_changes(stored, known, now.timestamp())
    # bulk_create and update send no signals: the dashboard must not show its own work.
    Mark.objects.bulk_create([_mark(span, now) for span in changes.new])
    for pk, end in changes.ends.items():
        until = datetime.fromtimestamp(end.until, UTC)
        marks.filter(pk=pk).update(until=until, is_over=end.is_over)


def _stored(mark: Mark) -> StoredSpan:
    since, until = mark.at.timestamp(), (mark.until or mark.at).timestamp()
    return StoredSpan(mark.pk, mark.condition, since, until, mark.is_over)


def _mark(span: ConditionSpan, now: datetime) -> Mark:
    return Mark(
        at=datetime.fromtimestamp(span.since, UTC),
        kind=MarkKind.CONDITION,
        condition=span.key,
        text=span.text,
        until=now if span.until is None else datetime.fromtimestamp(span.until, UTC),
        is_over=span.until is not None,
    )
