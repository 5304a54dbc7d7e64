"""The nightly comparison fails on what became worse, and on nothing else."""

import pytest

from bench.comparison import other_machine, refusal, worse_figures


def figures(value, *, unit_ms=10.0, runs=3, is_minimum=False, is_time=False, undelivered=0):
    goal = {"scenario": "F1", "stack": "s", "text": "ratio", "value": value}
    counts = {"undelivered": undelivered, "duplicates": 0, "out_of_order": 0}
    result = {"scenario": "F1", "target": "trolley", "runs": runs, "measurements": counts}
    return {
        "unit_ms": unit_ms,
        "goals": [{**goal, "is_minimum": is_minimum, "is_time": is_time}],
        "results": [result],
    }


@pytest.mark.parametrize(
    ("now", "is_minimum", "is_worse"),
    [(109, False, False), (112, False, True), (92, True, False), (89, True, True)],
)
def test_comparison_fails_when_a_ratio_is_more_than_ten_percent_worse(now, is_minimum, is_worse):
    lines = worse_figures(figures(now, is_minimum=is_minimum), figures(100, is_minimum=is_minimum))
    assert bool(lines) == is_worse


def test_time_is_compared_with_the_speed_of_its_machine_when_machines_differ():
    stored = figures(100, is_time=True)
    assert worse_figures(figures(200, unit_ms=20.0, is_time=True), stored) == []
    assert worse_figures(figures(100, unit_ms=5.0, is_time=True), stored) != []


def test_comparison_fails_when_a_figure_is_missing_or_a_change_was_lost():
    missing = {**figures(100), "goals": []}
    assert len(worse_figures(missing, figures(100))) == 1
    assert worse_figures(figures(100, undelivered=1), figures(100)) == ["F1: 1 undelivered"]


def test_stored_figures_are_refused_when_they_have_fewer_than_three_runs():
    assert refusal(figures(1)) is None
    assert refusal(figures(1, runs=2)) == "F1: fewer than 3 runs"


def test_comparison_warns_when_the_stored_figures_are_of_another_machine():
    stored = figures(100)
    assert other_machine(figures(100, unit_ms=10.9), stored) is None
    warning = other_machine(figures(100, unit_ms=6.0), stored)
    assert warning is not None
    assert "10.0 ms, this one 6.00 ms" in warning
