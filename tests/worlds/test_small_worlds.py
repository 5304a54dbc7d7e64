"""Orders of small worlds: all by `./run worlds --small`, some here."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from tests.worlds.choices import independent
from tests.worlds.explorer import Exploration, Explorer
from tests.worlds.mutations import BUGS
from tests.worlds.small import SCENARIOS, Scenario

RUNS = 20
"""Orders of each scenario in the default tests."""
TINY = Scenario("tiny", ("edit 0 add", "edit 1 add"), (1,))
BUGGY = (
    Scenario("subscription", ("edit 0 add", "edit 1 add", "subscribe 1")),
    Scenario("losses", ("edit 0 add", "edit 1 tick"), (0, 1), can_lose_messages=True),
    Scenario("removal before subscription", ("edit 0 dismiss", "subscribe 1")),
    Scenario("removal", ("edit 0 dismiss", "edit 1 add"), (1,)),
    Scenario("kill", ("edit 0 add", "kill 1"), (1,)),
    Scenario("back", ("edit 0 add", "edit 1 tick", "back 1"), (0,)),
)
LOSSY = Scenario("lossy", ("edit 0 add", "edit 1 add"), (1,), can_lose_messages=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_orders_break_no_promise(scenario: Scenario):
    """WLD-6."""
    exploration = Explorer(scenario).explore(max_runs=RUNS)
    assert exploration.findings == []
    assert exploration.orders


def test_every_order_runs_when_a_scenario_is_tiny():
    """WLD-6: the message and the publication are in any order with the second commit."""
    exploration = Explorer(TINY, has_cache=False).explore()
    assert exploration.is_complete
    assert exploration.findings == []
    assert exploration.orders == 8


@pytest.mark.parametrize("scenario", [TINY, LOSSY], ids=lambda scenario: scenario.name)
def test_cache_reaches_the_ends_of_all_orders(scenario: Scenario):
    """WLD-6."""
    every, cached = Explorer(scenario, has_cache=False), Explorer(scenario)
    orders = every.explore().orders
    assert cached.explore().orders == len(cached.ends) < orders
    assert cached.ends == every.ends


@pytest.mark.extended
@pytest.mark.parametrize("bug", [None, *BUGS])
@pytest.mark.parametrize("scenario", BUGGY, ids=lambda scenario: scenario.name)
def test_cache_finds_the_bugs_that_all_orders_find(scenario: Scenario, bug: str | None):
    """WLD-3, WLD-6."""
    every, cached = Explorer(scenario, has_cache=False), Explorer(scenario)
    with BUGS[bug]() if bug else nullcontext():
        expected, rules = broken_rules(every.explore()), broken_rules(cached.explore())
    assert rules == expected
    assert cached.ends == every.ends


@pytest.mark.extended
@pytest.mark.timeout(1800)
def test_cache_is_right_when_messages_are_lost():
    """WLD-6: each order of a scenario of six events is run to its end."""
    every, cached = Recorder(SCENARIOS[1]), Explorer(SCENARIOS[1])
    every.explore()
    cached.explore()
    assert every.differing == []
    assert cached.ends == every.ends


def broken_rules(exploration: Exploration) -> set[str]:
    return {text.partition(":")[0] for _, findings in exploration.findings for text in findings}


class Recorder(Explorer):
    """Notes which state follows each event of each state."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, has_cache=False)
        self.repeated = 0
        self.following: dict[tuple[bytes, str], bytes] = {}
        self.differing: list[str] = []
        self._names: dict[int, tuple[bytes, dict[str, str]]] = {}

    def _to_try(self, state: Any, *args: Any) -> list[str]:
        depth = len(self._path)
        if depth:
            digest, names = self._names[depth - 1]
            key = digest, names[self._path[-1].chosen]
            self.repeated += key in self.following
            if self.following.setdefault(key, state.digest) != state.digest:
                self.differing.append(key[1])
        names = {event.label: name for name, event in state.events.items()}
        self._names[depth] = state.digest, names
        return super()._to_try(state, *args)


def test_equal_states_have_equal_successors():
    """WLD-6."""
    recorder = Recorder(Scenario("small", ("edit 0 add", "subscribe 1")))
    recorder.explore()
    assert recorder.repeated
    assert recorder.differing == []


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
