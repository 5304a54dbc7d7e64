"""Runs scenarios: a fresh server and database for every run, plain and Trolley in turn."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.processes import Server, on_core
from bench.results import Result, combine
from bench.scenarios import Measures, Run, Scenario
from bench.services import Postgres, Redis, Sqlite
from bench.targets import COMPARED, REFERENCES, Cell, Ground, Target

BARE = Cell("", "", "")
Contestant = tuple[Target, Cell]


@dataclass
class Plan:
    """What to run, as the command line asks for it."""

    scenarios: list[Scenario]
    cells: list[Cell]
    targets: set[str]
    runs: int
    port: int
    server_core: int | None
    generator_core: int | None
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="trolley-bench-")))


class Runner:
    """Holds what outlives a run: the databases' originals and Redis."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.databases: dict[str, Sqlite | Postgres] = {}
        self.redis: Redis | None = None
        self.count = 0

    def results(self) -> Iterator[Result]:
        """Yield each result as soon as its last run is over."""
        for scenario in self.plan.scenarios:
            yield from self._compare(scenario, self._contestants(scenario))

    def _contestants(self, scenario: Scenario) -> list[Contestant]:
        bare = [(target, BARE) for target in REFERENCES if target.name in scenario.references]
        compared = [target for target in COMPARED if target.name in scenario.targets]
        both = bare + [(target, cell) for cell in self.plan.cells for target in compared]
        return [one for one in both if one[0].name in self.plan.targets and one[0].available()]

    def _compare(self, scenario: Scenario, contestants: list[Contestant]) -> Iterator[Result]:
        """Let everybody have a first run, then everybody a second: a busy spell hits all alike."""
        runs: list[list[Measures]] = [[] for _ in contestants]
        for number in range(self.plan.runs):
            for (target, cell), measures in zip(contestants, runs, strict=True):
                say(f"{scenario.id} {target.name} {cell} run {number + 1} of {self.plan.runs}")
                measures.append(self.run(scenario, target, cell))
        for (target, cell), measures in zip(contestants, runs, strict=True):
            yield Result(
                scenario.id, scenario.headline, target.name, cell, len(measures), combine(measures)
            )

    def run(self, scenario: Scenario, target: Target, cell: Cell) -> Measures:
        """Run one scenario once; a server that fails is a measure without figures."""
        self.count += 1
        folder = self.plan.folder / f"run{self.count}"
        folder.mkdir()
        ground = Ground(folder)
        tokens = self._prepare(ground, scenario, target, cell)
        server = Server(
            target.command(cell, self.plan.port),
            port=self.plan.port,
            log=folder / "server.log",
            env=target.env(ground, cell),
            core=self.plan.server_core,
        )
        history = target.history(ground, scenario.size)
        try:
            server.wait_until_listening()
            run = Run(target, server, tokens, history, addresses=self.count * 5)
            with on_core(self.plan.generator_core):
                measures = uvloop.run(scenario.measure(run))
        except (OSError, RuntimeError) as error:
            measures = Measures(errors=[f"{type(error).__name__}: {error}"])
        finally:
            server.stop()
            if history:
                history.close()
        if complaints := server.complaints():
            measures.errors.append(f"{complaints} tracebacks in {server.log}")
        return measures

    def _prepare(self, ground: Ground, scenario: Scenario, target: Target, cell: Cell) -> list[str]:
        if not target.has_database:
            return []
        if cell.layer.startswith("redis"):
            ground.redis_url = self._redis().url

        def seed(url: str) -> list[str]:
            ground.database_url = url
            return target.seed(ground, cell, scenario.size)

        key = f"{target.name}-{scenario.size}"
        ground.database_url, tokens = self._database(cell.database).fresh(key, seed)
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
