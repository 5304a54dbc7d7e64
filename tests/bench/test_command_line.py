"""The command line selects what the benchmark runs."""

import pytest

from bench.__main__ import build_plan, parser
from bench.published import expected_minutes


def test_command_line_selects_scenarios_and_servers():
    options = parser().parse_args(["f1", "M1", "--quick", "--servers", "uvicorn,daphne"])
    plan = build_plan(options)
    assert [block.scenario.id for block in plan.blocks] == ["F1", "M1"]
    assert plan.blocks[1].scenario.sockets == 1_000
    assert [stack.server for stack in plan.blocks[1].stacks] == ["uvicorn", "daphne"]
    assert plan.runs == 1
    with pytest.raises(SystemExit):
        parser().parse_args(["F1", "--servers", "apache"])


def test_published_figures_are_planned_with_three_runs_when_nothing_is_named():
    plan = build_plan(parser().parse_args(["--published"]))
    assert {block.scenario.id for block in plan.blocks} >= {"F1", "F5", "E1", "M1", "D1", "W1"}
    assert plan.runs == 3
    assert expected_minutes(runs=plan.runs) <= 25
