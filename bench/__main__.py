"""`python -m bench [F1 F2 F3 F4 F5 E1 M1]`: see bench/README.md."""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from bench.arithmetic import median
from bench.comparison import (
    MIN_RUNS,
    TOLERANCE,
    Figures,
    other_machine,
    refusal,
    worse_figures,
)
from bench.published import PUBLISHED
from bench.results import Results, report
from bench.runner import Block, Plan, Runner, say
from bench.scenarios import SCENARIOS, Scenario
from bench.targets import TARGETS, Stack

SERVERS = ("uvicorn", "daphne")
LAYERS = ("memory", "redis-pubsub", "redis-core")
DATABASES = ("sqlite", "postgres")


def name_list(allowed: Sequence[str]):
    """Return an argparse type for comma-separated names."""

    def parse(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(allowed)}")
        return names

    return parse


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="./run bench", description="Compare Trolley with the baseline, and print one table."
    )
    options.add_argument(
        "scenarios", nargs="*", metavar="ID", help=", ".join(SCENARIOS) + " (default: all)"
    )
    options.add_argument(
        "--published",
        action="store_true",
        help="every figure of docs/performance.md, 3 runs, in at most 25 minutes",
    )
    options.add_argument("--quick", action="store_true", help="fewer sockets, less time, one run")
    options.add_argument(
        "--runs", type=int, help="runs of each scenario; the median is printed (default: 3)"
    )
    options.add_argument("--servers", type=name_list(SERVERS), default=["uvicorn"])
    options.add_argument("--layers", type=name_list(LAYERS), default=["memory"])
    options.add_argument("--database", type=name_list(DATABASES), default=["sqlite"])
    options.add_argument(
        "--targets", type=name_list(tuple(TARGETS)), default=list(TARGETS), help=", ".join(TARGETS)
    )
    options.add_argument(
        "--port", type=int, default=8120, help="the first of three ports (default: 8120)"
    )
    options.add_argument(
        "--cores", default="0,1", help="CPU core of the server and of the generator"
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to FILE")
    options.add_argument(
        "--compare",
        type=Path,
        metavar="FILE",
        help="fail if a figure is more than 10 %% worse than in FILE, which --json has written",
    )
    options.add_argument("--keep", action="store_true", help="keep databases and server logs")
    return options


def build_plan(options: argparse.Namespace) -> Plan:
    server_core, generator_core = parse_cores(options.cores)
    return Plan(
        blocks=list(find_published(options) if options.published else find_blocks(options)),
        runs=options.runs or (1 if options.quick else 3),
        port=options.port,
        server_core=server_core,
        generator_core=generator_core,
    )


def find_published(options: argparse.Namespace) -> list[Block]:
    """Return the published figures, or those of them that are named."""
    names = {scenario.id for scenario in find_scenarios(options.scenarios)}
    return [block for block in PUBLISHED if block.scenario.id in names or not names]


def find_blocks(options: argparse.Namespace) -> list[Block]:
    """Return the named scenarios on each combination of server, layer and database."""
    scenarios = find_scenarios(options.scenarios) if options.scenarios else list(SCENARIOS.values())
    if options.quick:
        scenarios = [scenario.shortened() for scenario in scenarios]
    stacks = tuple(
        Stack(*names) for names in product(options.servers, options.layers, options.database)
    )
    return [Block(scenario, stacks, frozenset(options.targets)) for scenario in scenarios]


def find_scenarios(names: Sequence[str]) -> list[Scenario]:
    """Return the scenarios with these ids. `G1` also selects `G1-items` and the like."""
    scenarios = []
    for name in map(str.upper, names):
        group = [scenario for scenario in SCENARIOS.values() if scenario.id.split("-")[0] == name]
        exact = [scenario for scenario in SCENARIOS.values() if scenario.id.upper() == name]
        if not group and not exact:
            raise SystemExit(f"there is no scenario {name}: choose from {', '.join(SCENARIOS)}")
        scenarios += group or exact
    return scenarios


def parse_cores(text: str) -> tuple[int | None, int | None]:
    """Return the two cores, or (None, None) if this process may not use them."""
    server, generator = map(int, text.split(","))
    if not hasattr(os, "sched_getaffinity") or not {server, generator} <= os.sched_getaffinity(0):
        say(f"cores {text} are not available: server and generator share all cores")
        return None, None
    return server, generator


def raise_open_file_limit(max_files: int = 20_000) -> None:
    """Raise the limit of open files as far as the system allows. The servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = max_files if hard == resource.RLIM_INFINITY else min(max_files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def read_stored(path: Path) -> Figures:
    """Return stored figures; ends the program if they are no measure."""
    stored: Figures = json.loads(path.read_text())
    if reason := refusal(stored):
        raise SystemExit(f"{path} is no measure: {reason}")
    return stored


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    stored = read_stored(options.compare) if options.compare else None
    plan = build_plan(options)
    if stored and plan.runs < MIN_RUNS:
        raise SystemExit(f"--compare needs {MIN_RUNS} runs or more")
    raise_open_file_limit()
    # SIGTERM raises KeyboardInterrupt, as Ctrl+C does, so that the servers are stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runner, results = Runner(plan), Results()
    started_at = datetime.now(UTC)
    try:
        results.all.extend(runner.results())
    except KeyboardInterrupt:
        say("interrupted: the complete results follow")
    finally:
        runner.close()
        if not options.keep:
            shutil.rmtree(plan.folder, ignore_errors=True)
    command = shlex.join(["python", "-m", "bench", *(arguments or sys.argv[1:])])
    if results.all:
        print(report(results))
    print(f"\nRepeat with: {command}\n{started_at:%Y-%m-%d %H:%M} UTC, median of {plan.runs} runs.")
    figures: Figures = {
        "command": command,
        "at": started_at.isoformat(),
        "unit_ms": median(runner.units),
        "goals": [goal.as_json() for goal in results.goals()],
        "results": [result.as_json() for result in results.all],
    }
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if stored:
        report_comparison(figures, stored, options.compare)


def report_comparison(figures: Figures, stored: Figures, path: Path) -> None:
    """Print what is worse than stored; ends the program with 1 if anything is."""
    worse = worse_figures(figures, stored)
    if warning := other_machine(figures, stored):
        print(f"\n{warning}")
    for line in worse:
        print(f"WORSE  {line}")
    if worse:
        raise SystemExit(1)
    print(f"\nNo figure is more than {TOLERANCE:.0%} worse than in {path}.")


if __name__ == "__main__":
    main()
