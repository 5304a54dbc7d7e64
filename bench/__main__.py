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

from bench.results import Results, report
from bench.runner import Plan, Runner, say
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
    options.add_argument("--keep", action="store_true", help="keep databases and server logs")
    return options


def build_plan(options: argparse.Namespace) -> Plan:
    scenarios = find_scenarios(options.scenarios) if options.scenarios else list(SCENARIOS.values())
    if options.quick:
        scenarios = [scenario.shortened() for scenario in scenarios]
    server_core, generator_core = parse_cores(options.cores)
    return Plan(
        scenarios=scenarios,
        stacks=[
            Stack(*names) for names in product(options.servers, options.layers, options.database)
        ],
        targets=set(options.targets),
        runs=options.runs or (1 if options.quick else 3),
        port=options.port,
        server_core=server_core,
        generator_core=generator_core,
    )


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


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    plan = build_plan(options)
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
    if options.json:
        figures = {
            "command": command,
            "at": started_at.isoformat(),
            "results": [result.as_json() for result in results.all],
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
