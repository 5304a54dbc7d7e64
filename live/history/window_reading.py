"""Reads a window from the database: the rollups, and what is not in them yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple, cast

from django.db.models import Q
from django.utils import timezone

from live.history.counts import decode_counts
from live.history.rollup_content import RollupContent, decode_content
from live.history.rollups import states_of
from live.history.slots import unrolled
from live.history.stored_counts import STATE_ID
from live.history.windows import Points, Window, points_of, start_of
from live.models import HistoryState, Mark, MarkKind, ProcessCounts, Rollup
from live.protocol import frames

MAX_ATTEMPTS = 5
MAX_MARKS = 100
"""Marks of a window: the newest ones of processes, and the newest ones of conditions."""

RollupRow = tuple[int, RollupContent]


class WindowReading(NamedTuple):
    """The points of a window as of now, and what happened in it.

    `start` is that of the first point, `end` the moment of the reading.
    """

    start: int
    end: int
    points: Points
    marks: tuple[frames.Mark, ...]


def read_window(window: Window) -> WindowReading:
    """Read a window up to this moment, whether or not a process writes rollups."""
    now = timezone.now().timestamp()
    start = start_of(window, now)
    return WindowReading(
        start=start,
        end=int(now),
        points=points_of(window, _contents(window, start), first=start),
        marks=_marks(start),
    )


def _contents(window: Window, start: int) -> list[RollupRow]:
    """Return rollups and what is not in them, both of the same moment.

    No lock: if rollups were written meanwhile, it reads again.
    """
    for _ in range(MAX_ATTEMPTS):
        generation = _generation()
        contents = [*_stored(window, start), *_unrolled()]
        if _generation() == generation:
            break
    return contents


def _generation() -> int | None:
    states = HistoryState.objects.filter(pk=STATE_ID)
    return states.values_list("generation", flat=True).first()


def _stored(window: Window, start: int) -> list[RollupRow]:
    rows = Rollup.objects.filter(step=window.tier_step, start__gte=start).order_by("start")
    return [
        (at, decode_content(content))
        for at, content in rows.values_list("start", "content").iterator()
    ]


def _unrolled() -> list[RollupRow]:
    return [
        (slot, RollupContent(counts=counts))
        for row in ProcessCounts.objects.all()
        for slot, counts in unrolled(
            states_of(row, ended_before=None), decode_counts(row.rolled_up)
        ).slots
    ]


def _marks(start: int) -> tuple[frames.Mark, ...]:
    since = datetime.fromtimestamp(start, UTC)
    of_processes = Mark.objects.exclude(kind=MarkKind.CONDITION).filter(at__gte=since)
    in_window = Q(at__gte=since) | Q(until__gte=since) | Q(is_over=False)
    conditions = Mark.objects.filter(in_window, kind=MarkKind.CONDITION)
    rows = [
        row
        for marks in (of_processes, conditions)
        for row in marks.order_by("-at", "-pk")[:MAX_MARKS]
    ]
    return tuple(_mark(row) for row in sorted(rows, key=lambda row: (row.at, row.pk)))


def _mark(row: Mark) -> frames.Mark:
    kind = cast("frames.MarkKind", row.kind)
    return frames.Mark(
        at=row.at,
        kind=kind,
        process=row.process,
        version=row.version,
        key=row.condition,
        text=row.text,
        until=row.until if row.is_over else None,
    )
