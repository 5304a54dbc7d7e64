"""When a condition of the verdict began and ended, and how that changes its stored mark. Pure.

`plan_changes` compares what is stored with what is known now. So it does not matter which
process writes, or how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MERGE_SECONDS = 10.0
"""A condition that ends and comes back within this time is one mark.

Two processes may also know a beginning that differs by a second or two.
"""


class ConditionSpan(NamedTuple):
    """A condition as a mark: `text` names no user. `until` is None while it goes on."""

    key: str
    text: str
    since: float
    until: float | None


class StoredSpan(NamedTuple):
    """A stored mark of a condition. `until` is when it was last known to go on, or its end."""

    pk: int
    key: str
    since: float
    until: float
    is_over: bool


class SpanEnd(NamedTuple):
    """Until when a condition is known to have lasted, and whether it has ended."""

    until: float
    is_over: bool


@dataclass
class Changes:
    """What has to be written. `ends` are by the primary key of the mark."""

    new: list[ConditionSpan] = field(default_factory=list)
    ends: dict[int, SpanEnd] = field(default_factory=dict)


def plan_changes(
    stored: Sequence[StoredSpan], known: Sequence[ConditionSpan], now: float
) -> Changes:
    """Return what to write, so that the marks say what is known now.

    A mark that goes on, and of which nothing is known any more, ends when it was last
    known: the process that knew it has stopped.
    """
    changes = Changes()
    rows = {row.pk: row for row in stored}
    known_pks: set[int] = set()
    for span in sorted(known, key=lambda each: each.since):
        row = next((each for each in rows.values() if _is_same(each, span, now)), None)
        if row is None:
            changes.new.append(span)
            continue
        known_pks.add(row.pk)
        end = SpanEnd(max(row.until, now if span.until is None else span.until), is_over=True)
        if span.until is None:
            end = end._replace(is_over=False)
        rows[row.pk] = row._replace(until=end.until, is_over=end.is_over)
    for row in stored:
        end = SpanEnd(rows[row.pk].until, rows[row.pk].is_over or row.pk not in known_pks)
        if end != SpanEnd(row.until, row.is_over):
            changes.ends[row.pk] = end
    return changes


def _is_same(row: StoredSpan, span: ConditionSpan, now: float) -> bool:
    end = now if span.until is None else span.until
    return (
        row.key == span.key
        and row.since <= end + MERGE_SECONDS
        and span.since <= row.until + MERGE_SECONDS
    )
