"""A condition is one mark, by any process that writes it and however often."""

from __future__ import annotations

from live.history.condition_spans import (
    MERGE_SECONDS,
    Changes,
    ConditionSpan,
    SpanEnd,
    StoredSpan,
    plan_changes,
)


def span(since: float, until: float | None, key: str = "layer") -> ConditionSpan:
    return ConditionSpan(key, "Redis does not answer.", since, until)


def row(since: float, until: float, *, is_over: bool, key: str = "layer") -> StoredSpan:
    return StoredSpan(7, key, since, until, is_over)


def test_new_condition_is_stored_once() -> None:
    """MET-25"""
    begun = span(100, None)
    assert plan_changes([], [begun], 103) == Changes(new=[begun])
    stored = row(100, 103, is_over=False)
    assert plan_changes([stored], [begun], 103) == Changes()
    # Another process knows the beginning a second later.
    assert plan_changes([stored], [span(101, None)], 103) == Changes()


def test_condition_that_goes_on_is_known_until_now() -> None:
    """MET-25"""
    changes = plan_changes([row(100, 103, is_over=False)], [span(100, None)], 113)
    assert changes == Changes(ends={7: SpanEnd(113, is_over=False)})


def test_condition_that_ended_has_its_end() -> None:
    """MET-25"""
    stored = row(100, 113, is_over=False)
    ended = span(100, 115)
    assert plan_changes([stored], [ended], 120).ends == {7: SpanEnd(115, is_over=True)}
    assert plan_changes([row(100, 115, is_over=True)], [ended], 3000) == Changes()


def test_condition_between_two_writes_is_stored_with_its_end() -> None:
    """MET-25"""
    short = span(101, 104)
    assert plan_changes([], [short], 110) == Changes(new=[short])


def test_condition_that_nobody_knows_any_more_ended_when_it_was_last_known() -> None:
    """MET-25: the process that knew it was killed, perhaps days ago."""
    stored = row(100, 113, is_over=False)
    assert plan_changes([stored], [], 90_000).ends == {7: SpanEnd(113, is_over=True)}
    # A new outage is another mark.
    begun = span(80_000, None)
    changes = plan_changes([stored], [begun], 90_000)
    assert changes == Changes(new=[begun], ends={7: SpanEnd(113, is_over=True)})


def test_condition_that_comes_back_at_once_is_the_same_mark() -> None:
    """MET-25: a screen that is behind again and again does not fill the charts with marks."""
    stored = row(100, 105, is_over=True)
    again = span(105 + MERGE_SECONDS, None)
    changes = plan_changes([stored], [span(100, 105), again], 120)
    assert changes == Changes(ends={7: SpanEnd(120, is_over=False)})
    later = span(106 + MERGE_SECONDS, None)
    assert plan_changes([stored], [span(100, 105), later], 120) == Changes(new=[later])


def test_other_conditions_are_other_marks() -> None:
    """MET-25"""
    other = span(100, None, key="database")
    changes = plan_changes([row(100, 103, is_over=False)], [span(100, None), other], 103)
    assert changes == Changes(new=[other])
