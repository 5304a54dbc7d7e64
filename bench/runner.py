"""Runs scenarios. Every run has a new server and database; the targets take turns."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.machine_speed import fixed_calculation_ms
from bench.processes import Server, on_core
from bench.results import Result, combine
from bench.scenarios import Measurements, Program, Run, Scenario
from bench.services import Postgres, Redis, Sqlite
from bench.targets import COMPARED, REFERENCES, RunContext, Stack, Target

NO_STACK = Stack("", "", "")
Candidate = tuple[Target, Stack]


@dataclass(frozen=True)
class Block:
    """One scenario with the servers that are compared in it."""

    scenario: Scenario
    stacks: tuple[Stack, ...]
    targets: frozenset[str]
    takes: float = 15
    """About how many seconds one run of one server takes, to say how much is left."""


@dataclass
class Plan:
    """What to run, from the command line."""

    blocks: list[Block]
    runs: int
    port: int
    server_core: int | None
    generator_core: int | None
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="trolley-bench-")))


class Progress:
    """Says how far the runs are, from the seconds that they are expected to take."""

    def __init__(self, total: float) -> None:
        self.total, self.done = total, 0.0
        self.started_at = time.monotonic()

    def __str__(self) -> str:
        elapsed = time.monotonic() - self.started_at
        # At first the expectation counts, later what the runs before really took.
        pace = (elapsed + 60) / (self.done + 60)
        left = (self.total - self.done) * pace
        return f"[{self.done / self.total:4.0%}, {elapsed / 60:.0f} min, {left / 60:.0f} min left]"


class Runner:
    """Runs a plan. Seeded databases and Redis are shared by all runs."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.databases: dict[str, Sqlite | Postgres] = {}
        self.redis: Redis | None = None
        self.count = 0
        self.progress = Progress(
            sum(len(self._candidates(block)) * block.takes * plan.runs for block in plan.blocks)
        )
        self.units: list[float] = []
        """How long the fixed calculation took before each scenario, in ms of CPU."""

    def results(self) -> Iterator[Result]:
        """Yield each result after its last run."""
        for block in self.plan.blocks:
            with on_core(self.plan.server_core):
                self.units.append(fixed_calculation_ms())
            yield from self._compare(block)

    def _candidates(self, block: Block) -> list[Candidate]:
        scenario = block.scenario
        references = [
            (target, NO_STACK) for target in REFERENCES if target.name in scenario.references
        ]
        compared = [target for target in COMPARED if target.name in scenario.targets]
        stacks = (NO_STACK,) if isinstance(scenario, Program) else block.stacks
        candidates = references + [(target, stack) for stack in stacks for target in compared]
        return [
            (target, stack)
            for target, stack in candidates
            if target.name in block.targets and target.is_available()
        ]

    def _compare(self, block: Block) -> Iterator[Result]:
        """Run all candidates once, then all a second time, so that other load affects all alike."""
        scenario, candidates = block.scenario, self._candidates(block)
        runs: list[list[Measurements]] = [[] for _ in candidates]
        for number in range(self.plan.runs):
            for (target, stack), measurements in zip(candidates, runs, strict=True):
                run = f"{scenario.id} {target.name} {stack}".strip()
                say(f"{self.progress} {run}, run {number + 1} of {self.plan.runs}")
                measurements.append(self.run(scenario, target, stack))
                self.progress.done += block.takes
        for (target, stack), measurements in zip(candidates, runs, strict=True):
            yield Result(
                scenario.id,
                scenario.headline,
                target.name,
                stack,
                len(measurements),
                combine(measurements),
            )

    def run(self, scenario: Scenario, target: Target, stack: Stack) -> Measurements:
        """Run one scenario once. If the server fails, the measurements contain only the error."""
        if isinstance(scenario, Program):
            return scenario.run()
        self.count += 1
        folder = self.plan.folder / f"run{self.count}"
        folder.mkdir()
        context = RunContext(folder)
        tokens = self._prepare(context, scenario, target, stack)
        server = Server(
            target.command(stack, self.plan.port),
            port=self.plan.port,
            log=folder / "server.log",
            env=target.env(context, stack),
            core=self.plan.server_core,
        )
        history = target.history(context, scenario.size)
        try:
            server.wait_until_listening()
            run = Run(target, server, tokens, history, first_address=self.count * 5)
            with on_core(self.plan.generator_core):
                measurements = uvloop.run(scenario.measure(run))
        except (OSError, RuntimeError) as error:
            measurements = Measurements(errors=[f"{type(error).__name__}: {error}"])
        finally:
            server.stop()
            if history:
                history.close()
        if tracebacks := server.traceback_count():
            measurements.errors.append(f"{tracebacks} tracebacks in {server.log}")
        return measurements

    def _prepare(
        self, context: RunContext, scenario: Scenario, target: Target, stack: Stack
    ) -> list[str]:
        if not target.has_database:
            return []
        if stack.layer.startswith("redis"):
            context.redis_url = self._redis().url

        def seed(url: str) -> list[str]:
            context.database_url = url
            return target.seed(context, stack, scenario.size)

        key = f"{target.name}-{scenario.size}"
        context.database_url, tokens = self._database(stack.database).new_database(key, seed)
        return tokens

    def _database(self, name: str) -> Sqlite | Postgres:
        if name not in self.databases:
            plan = self.plan
            self.databases[name] = (
                Sqlite(plan.folder)
                if name == "sqlite"
                else Postgres(plan.folder, port=plan.port + 1, core=plan.generator_core)
            )
        return self.databases[name]

    def _redis(self) -> Redis:
        if self.redis is None:
            plan = self.plan
            self.redis = Redis(plan.folder, port=plan.port + 2, core=plan.generator_core)
        return self.redis

    def close(self) -> None:
        for service in (*self.databases.values(), self.redis):
            if service:
                service.stop()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
