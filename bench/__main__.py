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
from bench.targets import TARGETS, Cell

SERVERS = ("uvicorn", "daphne")
LAYERS = ("memory", "redis-pubsub", "redis-core")
DATABASES = ("sqlite", "postgres")


def names(allowed: Sequence[str]):
    """Return a parser of comma-separated names."""

    def parse(text: str) -> list[str]:
        given = text.split(",")
        for name in given:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(allowed)}")
        return given

    return parse


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="./run bench", description="Trolley beside the plain recipe, in one table."
    )
    options.add_argument(
        "scenarios", nargs="*", metavar="ID", help=", ".join(SCENARIOS) + " (default: all)"
    )
    options.add_argument("--quick", action="store_true", help="smaller and shorter, one run")
    options.add_argument("--runs", type=int, help="runs of each; the median is shown (default 3)")
    options.add_argument("--servers", type=names(SERVERS), default=["uvicorn"])
    options.add_argument("--layers", type=names(LAYERS), default=["memory"])
    options.add_argument("--database", type=names(DATABASES), default=["sqlite"])
    options.add_argument(
        "--targets", type=names(tuple(TARGETS)), default=list(TARGETS), help=", ".join(TARGETS)
    )
    options.add_argument("--port", type=int, default=8120, help="and the two after it")
    options.add_argument("--cores", default="0,1", help="of the server, of the generator")
    options.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    options.add_argument("--keep", action="store_true", help="keep databases and server logs")
    return options


def plan_of(options: argparse.Namespace) -> Plan:
    scenarios = chosen(options.scenarios) if options.scenarios else list(SCENARIOS.values())
    if options.quick:
        scenarios = [scenario.shortened() for scenario in scenarios]
    server_core, generator_core = cores(options.cores)
    return Plan(
        scenarios=scenarios,
        cells=[Cell(*cell) for cell in product(options.servers, options.layers, options.database)],
        targets=set(options.targets),
        runs=options.runs or (1 if options.quick else 3),
        port=options.port,
        server_core=server_core,
        generator_core=generator_core,
    )


def chosen(given: Sequence[str]) -> list[Scenario]:
    """Return the scenarios of these names; `G1` means those that begin with it, too."""
    found = []
    for name in given:
        some = [one for one in SCENARIOS.values() if one.id.split("-")[0] == name.upper()]
        some = some or [one for one in SCENARIOS.values() if one.id.upper() == name.upper()]
        if not some:
            raise SystemExit(f"no such scenario: {name}")
        found += some
    return found


def cores(text: str) -> tuple[int | None, int | None]:
    """Return the two cores, or nothing where they cannot be had."""
    server, generator = map(int, text.split(","))
    if not hasattr(os, "sched_getaffinity") or not {server, generator} <= os.sched_getaffinity(0):
        say(f"cores {text} cannot be had: server and generator share what there is")
        return None, None
    return server, generator


def raise_open_files(wanted: int = 20_000) -> None:
    """Allow as many sockets as the system lets us; servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    plan = plan_of(options)
    raise_open_files()
    # Whoever ends this ends its servers, too: SIGTERM takes the way of Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runner, results = Runner(plan), Results()
    began = datetime.now(UTC)
    try:
        results.all.extend(runner.results())
    except KeyboardInterrupt:
        say("stopped: what is complete follows")
    finally:
        runner.close()
        if not options.keep:
            shutil.rmtree(plan.folder, ignore_errors=True)
    command = shlex.join(["python", "-m", "bench", *(arguments or sys.argv[1:])])
    if results.all:
        print(report(results))
    print(f"\nRepeat with: {command}\n{began:%Y-%m-%d %H:%M} UTC, median of {plan.runs} runs.")
    if options.json:
        figures = {
            "command": command,
            "at": began.isoformat(),
            "results": [result.as_json() for result in results.all],
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
