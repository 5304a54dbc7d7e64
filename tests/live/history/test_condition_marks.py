"""Conditions of the verdict are marks that survive restarts, with their beginning and their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from live.db_threads import run_in_db_thread
from live.history import rollups, stored_counts
from live.history.condition_spans import ConditionSpan
from live.history.rollups import MAX_MARKS, Moment, Silence
from live.history.stored_counts import OwnRow
from live.history.window_reading import read_window
from live.history.windows import WINDOWS
from live.metrics.verdict import Problem
from live.models import Mark, MarkKind
from live.protocol import frames
from tests.support.socket_client import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
NOW = datetime.now(UTC).replace(microsecond=0)


def seconds(offset: float) -> float:
    return NOW.timestamp() + offset


def roll_up(process: str, offset: float, known: list[ConditionSpan] | None) -> None:
    rollups.roll_up(
        process,
        Moment(NOW + timedelta(seconds=offset), offset),
        gauges={},
        silence=Silence(),
        silence_timeout=1e9,
        lease_duration=5,
        conditions=known,
    )


def shown() -> list[frames.Mark]:
    return [mark for mark in read_window(WINDOWS["1h"]).marks if mark.kind == "condition"]


def test_mark_has_the_sentence_and_the_end_also_for_the_next_process() -> None:
    """MET-25"""
    stored_counts.start(OwnRow("one", "1.0.0", NOW))
    begun = ConditionSpan("layer", "Redis does not answer.", seconds(-60), None)
    roll_up("one", -50, [begun])
    (mark,) = shown()
    assert (mark.key, mark.text, mark.until) == ("layer", "Redis does not answer.", None)
    assert mark.at == NOW - timedelta(seconds=60)
    roll_up("two", -40, None)  # it has just started, and knows nothing
    assert [each.until for each in shown()] == [None]
    roll_up("two", -30, [begun._replace(since=seconds(-59), until=seconds(-32))])
    assert [(each.at, each.until) for each in shown()] == [
        (NOW - timedelta(seconds=60), NOW - timedelta(seconds=32))
    ]


def test_mark_of_a_process_that_was_killed_ends_when_it_was_last_known() -> None:
    """MET-25"""
    begun = ConditionSpan("layer", "Redis does not answer.", seconds(-60), None)
    roll_up("one", -50, [begun])
    roll_up("two", -10, [])
    assert [each.until for each in shown()] == [NOW - timedelta(seconds=50)]


def test_condition_older_than_the_window_is_in_it_while_it_goes_on() -> None:
    """MET-25"""
    begun = ConditionSpan("disk", "The disk is nearly full.", seconds(-7200), None)
    roll_up("one", -5, [begun])
    assert [each.key for each in shown()] == ["disk"]
    roll_up("one", -1, [begun._replace(until=seconds(-7000))])
    Mark.objects.update(until=NOW - timedelta(seconds=7000))
    assert shown() == []


def test_many_conditions_delete_no_start() -> None:
    """MET-25"""
    stored_counts.start(OwnRow("one", "1.0.0", NOW))
    many = [
        Mark(at=NOW, kind=MarkKind.CONDITION, condition="lagging", until=NOW)
        for _ in range(MAX_MARKS + 5)
    ]
    Mark.objects.bulk_create(many)
    roll_up("one", 0, [])
    conditions = Mark.objects.filter(kind=MarkKind.CONDITION)
    assert (conditions.count(), Mark.objects.filter(kind=MarkKind.START).count()) == (MAX_MARKS, 1)


def condition_marks() -> list[tuple[str, bool]]:
    rows = Mark.objects.filter(kind=MarkKind.CONDITION)
    return list(rows.values_list("text", "is_over"))


async def test_running_process_stores_its_conditions(live_runtime):
    """MET-25, VER-2: without the name of the user, and without figures that grow."""
    problem = Problem(
        "lagging", "warning", "Ana's screen is 3.1 s behind (2 changes)", "", "delivery"
    )._replace(mark="A screen is behind")
    log = live_runtime.verdict.log
    await eventually(lambda: live_runtime.verdict.spans() is not None)
    update = log.update
    log.update = lambda problems, at, remote: update([*problems, problem], at, remote)

    async def stored(expected):
        # A slow machine may have marks of its own.
        while expected not in await run_in_db_thread(condition_marks):
            await live_runtime.history.roll_up()

    await stored(("A screen is behind.", False))
    log.update = update
    await stored(("A screen is behind.", True))
    assert ("A screen is behind.", False) not in await run_in_db_thread(condition_marks)
