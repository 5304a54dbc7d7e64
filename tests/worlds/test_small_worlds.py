"""Orders of small worlds: all by `./run worlds --small`, some here."""

from __future__ import annotations

import pytest

from tests.worlds.mutations import BUGS
from tests.worlds.small import SCENARIOS, Explorer, Scenario, independent

RUNS = 20
"""Orders of each scenario in the default tests."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_orders_break_no_promise(scenario: Scenario):
    """WLD-6."""
    exploration = Explorer(scenario).explore(max_runs=RUNS)
    assert exploration.findings == []
    assert exploration.orders


def test_every_order_runs_when_a_scenario_is_tiny():
    """WLD-6: the message and the publication are in any order with the second commit."""
    exploration = Explorer(Scenario("tiny", ("edit 0 add", "edit 1 add"), (1,))).explore()
    assert exploration.is_complete
    assert exploration.findings == []
    assert exploration.orders == 8


@pytest.mark.parametrize(
    "name",
    [
        "what arrives during a reading is not added",
        "a gap is not repaired",
    ],
)
def test_bug_is_detected_by_some_order(name: str):
    """WLD-3."""
    scenario = Scenario("small", ("edit 0 add", "edit 1 add", "subscribe 1"))
    assert Explorer(scenario).explore().findings == []
    with BUGS[name]():
        assert Explorer(scenario).explore().findings


def test_events_depend_on_each_other_when_both_touch_and_one_writes():
    """WLD-6."""
    read, write = frozenset({("database", "read")}), frozenset({("database", "write")})
    other = frozenset({("p0", "write")})
    assert independent(read, read)
    assert independent(write, other)
    assert not independent(read, write)
    assert not independent(write, write)
