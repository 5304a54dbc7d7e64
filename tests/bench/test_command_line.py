"""The command line selects what the benchmark runs."""

import pytest

from bench.__main__ import build_plan, parser


def test_command_line_selects_scenarios_and_servers():
    options = parser().parse_args(["f1", "M1", "--quick", "--servers", "uvicorn,daphne"])
    plan = build_plan(options)
    assert [scenario.id for scenario in plan.scenarios] == ["F1", "M1"]
    assert plan.scenarios[1].sockets == 1_000
    assert [stack.server for stack in plan.stacks] == ["uvicorn", "daphne"]
    assert plan.runs == 1
    with pytest.raises(SystemExit):
        parser().parse_args(["F1", "--servers", "apache"])
