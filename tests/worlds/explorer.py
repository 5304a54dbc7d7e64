"""Every order of a small world, depth first, each from its beginning.

Orders that differ only in the order of things that have nothing to do with each other are run
once (sleep sets, Godefroid 1996). An order ends where it reaches a state that an earlier one has
reached (state caching, the same source): from there the same follows.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.choices import Footprint, Label, Pending, independent
from tests.worlds.small import SCENARIOS, Scenario, SmallWorld
from tests.worlds.small_state import State, StateReader

RUNS_PER_COLLECTION = 200
MAX_RECURSION = 10_000
"""Python's limit is too low for a walk through the memory of a process."""


@dataclass
class Exploration:
    """What the orders of one scenario were, and what they broke."""

    name: str
    states: int = 0
    steps: int = 0
    """How often something happened in a state in which it had not happened before."""
    orders: int = 0
    """Orders that were run to their end."""
    repeated: int = 0
    """Orders that were given up: from there on they differ from earlier ones in nothing."""
    longest: int = 0
    is_complete: bool = True
    seconds: float = 0.0
    findings: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "scenario": self.name,
            "states": self.states,
            "steps": self.steps,
            "orders": self.orders,
            "given_up": self.repeated,
            "most_choices": self.longest,
            "all": self.is_complete,
            "seconds": round(self.seconds, 1),
            "findings": [
                {"order": order, "findings": findings} for order, findings in self.findings
            ],
        }


@dataclass
class _Node:
    """A moment of an order at which something was chosen."""

    chosen: Label
    rest: list[Label]
    """What is chosen after that."""
    sleeping: dict[Label, Footprint]
    memories: dict[str, bytes]
    footprint: Footprint = frozenset()
    touched: set[str] = field(default_factory=set)
    done: dict[Label, Footprint] = field(default_factory=dict)


class Explorer:
    """Runs the orders of one scenario.

    Without `has_cache` it runs each order to its end, whatever states it reaches.
    """

    def __init__(self, scenario: Scenario, *, has_cache: bool = True) -> None:
        self._scenario = scenario
        self._has_cache = has_cache
        self._path: list[_Node] = []
        self._depth = 0
        self._is_repeated = False
        self._untried: dict[bytes, frozenset[str]] = {}
        """The states, each with the names of what was asleep in all orders that reached it."""
        self.ends: set[bytes] = set()
        """The states in which nothing is left to choose."""

    def explore(
        self,
        *,
        max_runs: int | None = None,
        on_progress: Callable[[Exploration], None] = lambda result: None,
    ) -> Exploration:
        """Run the orders, at most `max_runs`."""
        result = self._result = Exploration(self._scenario.name)
        begin = time.perf_counter()
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, MAX_RECURSION))
        gc.disable()
        gc.freeze()
        try:
            self._run_all(max_runs, on_progress)
        finally:
            gc.unfreeze()
            gc.enable()
            sys.setrecursionlimit(limit)
        result.seconds = time.perf_counter() - begin
        return result

    def _run_all(self, max_runs: int | None, on_progress: Callable[[Exploration], None]) -> None:
        result, runs = self._result, 0
        while max_runs is None or runs < max_runs:
            self._run_once()
            runs += 1
            if runs % RUNS_PER_COLLECTION == 0:
                gc.collect()
            on_progress(result)
            if not self._go_back():
                return
        result.is_complete = False

    def _run_once(self) -> None:
        self._depth, self._is_repeated = 0, False
        self._world = world = SmallWorld(self._scenario, self._choose)
        world.on_happened = self._on_happened
        outcome = world.run()
        result = self._result
        result.longest = max(result.longest, len(self._path))
        if self._is_repeated:
            result.repeated += 1
            return
        result.orders += 1
        if outcome.findings:
            result.findings.append(([node.chosen for node in self._path], outcome.findings))

    def _choose(self, enabled: tuple[Pending, ...]) -> Pending | None:
        """Repeat the path up to its last node; then take the first event that is to be tried."""
        if self._depth < len(self._path):
            chosen = self._path[self._depth].chosen
            return next(event for event in enabled if event.label == chosen)
        memories = self._memories()
        sleeping = self._sleeping()
        state = StateReader(self._world, memories).read(enabled)
        labels = self._to_try(state, enabled, sleeping)
        if labels:
            self._path.append(_Node(labels[0], labels[1:], sleeping, memories))
            return next(event for event in enabled if event.label == labels[0])
        if enabled or self._is_known_end(state):
            self._is_repeated = self._world.is_abandoned = True
        return None

    def _is_known_end(self, state: State) -> bool:
        is_known = state.digest in self.ends
        self.ends.add(state.digest)
        return is_known and self._has_cache

    def _to_try(
        self, state: State, enabled: tuple[Pending, ...], sleeping: dict[Label, Footprint]
    ) -> list[Label]:
        """Return what to choose in a state, one after another, and let the rest sleep.

        In a state that is known, that is what slept in all orders that reached it before.
        """
        before = self._untried.get(state.digest) if self._has_cache else None
        names = {event.label: name for name, event in state.events.items()}
        if before is None:
            self._result.states += 1
            wanted: Collection[Pending] = enabled
            if self._has_cache:
                wanted = self._world.sufficient(enabled)
        else:
            wanted = [event for name, event in state.events.items() if name in before]
        to_try = [event.label for event in wanted if event.label not in sleeping]
        asleep = frozenset(names[event.label] for event in wanted if event.label in sleeping)
        self._untried[state.digest] = asleep
        for label in [each for each in sleeping if names.get(each) not in asleep]:
            del sleeping[label]
        return to_try

    def _memories(self) -> dict[str, bytes]:
        if not self._path:
            return {}
        node = self._path[-1]
        return {name: each for name, each in node.memories.items() if name not in node.touched}

    def _sleeping(self) -> dict[Label, Footprint]:
        """Return the events that need not be tried next: an earlier order has tried them."""
        if not self._path:
            return {}
        node = self._path[-1]
        asleep = {**node.sleeping, **node.done}
        return {
            label: footprint
            for label, footprint in asleep.items()
            if independent(footprint, node.footprint)
        }

    def _on_happened(self, event: Pending, footprint: Footprint) -> None:
        node = self._path[self._depth]
        node.footprint = footprint
        node.touched = {resource for resource, _ in footprint}
        if event.loop is not None:
            node.touched.add(event.loop.name)
        self._depth += 1
        if self._depth == len(self._path):
            self._result.steps += 1

    def _go_back(self) -> bool:
        """Change the last choice that has an alternative; return False if none has."""
        while self._path:
            node = self._path[-1]
            node.done[node.chosen] = node.footprint
            if node.rest:
                node.chosen = node.rest.pop(0)
                return True
            self._path.pop()
        return False


def run_all(
    *, on_progress: Callable[[int, str], None], max_runs: int | None = None
) -> dict[str, Any]:
    """Run every order of all scenarios, and return the report.

    `on_progress` gets the number of states, and which scenario it is.
    """
    explorations = []
    for number, scenario in enumerate(SCENARIOS, 1):
        part = f"scenario {number} of {len(SCENARIOS)}"

        def count(result: Exploration, part: str = part) -> None:
            on_progress(result.states, part)

        explorations.append(Explorer(scenario).explore(max_runs=max_runs, on_progress=count))
    return {
        "states": sum(each.states for each in explorations),
        "orders": sum(each.orders for each in explorations),
        "seconds": round(sum(each.seconds for each in explorations), 1),
        "broken": sum(len(each.findings) for each in explorations),
        "scenarios": [each.as_json() for each in explorations],
    }
