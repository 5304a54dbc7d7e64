"""Runs many worlds in several processes, and adds up what happened in them."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.worlds.decisions import Recording
from tests.worlds.shrink import shrink
from tests.worlds.world import Outcome, run_world
from trolley_check.history import Applied, Copied

SEEDS_PER_TASK = 50


@dataclass
class Summary:
    """What happened in the worlds of some seeds."""

    worlds: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    incidents: Counter[str] = field(default_factory=Counter)
    failures: list[Recording] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one world."""
        self.worlds += 1
        self.counts["callbacks"] += outcome.callbacks
        self.counts["virtual_seconds"] += round(outcome.seconds)
        self.counts["edits"] += outcome.commits
        self.counts["changes_applied"] += sum(isinstance(each, Applied) for each in outcome.events)
        self.counts["snapshots_applied"] += sum(isinstance(each, Copied) for each in outcome.events)
        for key in outcome.decisions:
            number, _, rest = key.partition(" ")
            if number.isdigit():
                self.incidents[rest] += 1
            else:
                self.counts["delays_and_losses"] += 1
        if outcome.findings:
            self.failures.append(outcome.recording)

    def join(self, other: Summary) -> None:
        """Add the worlds of another summary."""
        self.worlds += other.worlds
        self.processor_seconds += other.processor_seconds
        self.counts += other.counts
        self.incidents += other.incidents
        self.failures += other.failures

    def as_json(self, first_seed: int) -> dict[str, Any]:
        """Return the report."""
        return {
            "worlds": self.worlds,
            "seeds": [first_seed, first_seed + self.worlds - 1],
            "seconds": round(self.seconds, 1),
            "worlds_per_processor_second": round(self.worlds / (self.processor_seconds or 1), 1),
            **self.counts,
            "incidents": dict(sorted(self.incidents.items())),
            "broken": len(self.failures),
            "findings": [
                {"seed": failure.seed, "findings": failure.findings} for failure in self.failures
            ],
        }


def run_seeds(seeds: range) -> Summary:
    """Run the worlds of these seeds in this process."""
    summary = Summary()
    begin = time.process_time()
    was_enabled = gc.isenabled()
    gc.disable()  # a third of the time; the worlds of one task fit into memory
    try:
        for seed in seeds:
            summary.add(run_world(seed))
    finally:
        gc.collect()
        if was_enabled:
            gc.enable()
    summary.processor_seconds = time.process_time() - begin
    return summary


def run_batch(
    first_seed: int,
    number: int,
    *,
    processes: int,
    on_progress: Callable[[int, int], None],
) -> Summary:
    """Run `number` worlds. This process must have no threads: it is forked."""
    begin = time.perf_counter()
    total = Summary()
    last = first_seed + number
    tasks = [
        range(seed, min(seed + SEEDS_PER_TASK, last))
        for seed in range(first_seed, last, SEEDS_PER_TASK)
    ]
    for summary in _summaries(tasks, processes):
        total.join(summary)
        on_progress(total.worlds, number)
    total.failures.sort(key=lambda failure: failure.seed)
    total.seconds = time.perf_counter() - begin
    return total


def _summaries(tasks: list[range], processes: int) -> Iterator[Summary]:
    if processes == 1:
        yield from map(run_seeds, tasks)
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        yield from pool.imap_unordered(run_seeds, tasks)


def shrunk(failure: Recording) -> Recording:
    """Return the failure with as few decisions as possible."""
    return shrink(failure, lambda decisions: run_world(failure.seed, repeated=decisions).findings)
