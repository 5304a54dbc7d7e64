"""Break an installation of three processes, PostgreSQL and Redis while clients use it.

./run faults                          # each fault for a minute
./run faults --minutes 1440           # for a day
./run faults --deliveries 1000000     # until a million deliveries were judged
./run faults --only "Redis is killed" --seed 7

Four lists are edited and followed the whole time, one fault after another is caused, and the
judge of trolley_check decides. Exit code 0: nothing was lost, doubled, out of order or
different, and nothing is left of clients that have gone; 1: something was or is, a process leaks
memory or descriptors, or a round hung or broke off.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.catalogue import FAULTS, Fault
from tests.faults.oracle import Goal, Round, report
from tests.faults.runner import Load, Runner

ROUND_SECONDS = 50.0
"""Seconds of edits in one round. The sockets then get some time to settle."""
ROUND_OVERHEAD = 180.0
"""Seconds that a round may take in addition before it counts as hung."""


def main() -> int:
    """Return the exit code."""
    arguments = parse()
    goal = Goal(rounds=round_count(arguments), deliveries=arguments.deliveries)
    rounds: list[Round] = []
    began = time.monotonic()

    def add(this: Round) -> None:
        rounds.append(this)
        seconds = time.monotonic() - began
        print(f"{in_words(this)}; {goal.progress(rounds, seconds)}", *findings(this), sep="\n")
        sys.stdout.flush()
        if arguments.json:
            write(arguments.json, with_run(report(rounds), seconds))

    with Runner(load_of(arguments), on_stuck=add) as runner:
        for fault, seed in planned(arguments):
            add(runner.run(fault, seed))
            if goal.is_reached(rounds):
                break
    result = with_run(report(rounds), time.monotonic() - began)
    print(json.dumps({name: value for name, value in result.items() if name != "rounds"}))
    return 1 if result["leaks"] or any(this.findings for this in rounds) else 0


def with_run(result: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Add how the report came about."""
    command = shlex.join(["./run", "faults", *sys.argv[1:]])
    return {"command": command, "seconds": round(seconds), **result}


def write(path: Path, result: dict[str, Any]) -> None:
    """Replace the report, so that a run that ends early keeps what it has measured."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(path)


def planned(arguments: argparse.Namespace) -> Iterator[tuple[Fault, int]]:
    """Yield the faults of the rounds in turn without end, each with its seed."""
    faults = [FAULTS[name] for name in arguments.only] or list(FAULTS.values())
    return zip(itertools.cycle(faults), itertools.count(arguments.seed), strict=False)


def round_count(arguments: argparse.Namespace) -> int:
    """Return the number of rounds for the given time, or one of each fault."""
    if arguments.minutes is not None:
        return max(1, round(arguments.minutes * 60 / ROUND_SECONDS))
    return len(arguments.only) or len(FAULTS)


def load_of(arguments: argparse.Namespace) -> Load:
    """Return what the users do."""
    return Load(
        users=arguments.users,
        sockets=arguments.sockets,
        rate=arguments.rate,
        seconds=arguments.seconds,
        timeout=arguments.timeout or arguments.seconds + ROUND_OVERHEAD,
        histories=arguments.histories,
    )


def in_words(this: Round) -> str:
    """Return one round as a line for people."""
    result = f"{len(this.findings)} FINDINGS" if this.findings else "nothing lost"
    return (
        f"{this.fault} ({this.injected} times, seed {this.seed}, {this.seconds:.0f} s): "
        f"{this.edits} edits, {this.deliveries:,} deliveries, "
        f"the slowest after {this.slowest_delivery:.1f} s, "
        f"{this.resumed} resumed, {this.copied} copied, {result}"
    )


def findings(this: Round) -> list[str]:
    """Return the first findings of a round as lines."""
    return [f"  BROKEN {finding.rule}: {finding.text}" for finding in this.findings[:10]]


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="default: one round of each fault")
    length.add_argument("--deliveries", type=int, help="go on until so many were judged")
    parser.add_argument("--only", action="append", default=[], choices=list(FAULTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=ROUND_SECONDS, help="of one round")
    timeout_help = f"seconds until a round has hung; default: {ROUND_OVERHEAD:.0f} + --seconds"
    parser.add_argument("--timeout", type=float, help=timeout_help)
    parser.add_argument("--users", type=int, default=4, help="each of them edits one list")
    parser.add_argument("--sockets", type=int, default=20, help="of one user; more are refused")
    parser.add_argument("--rate", type=float, default=8.0, help="edits/s on each list")
    json_help = "write the report to this file, after each round"
    parser.add_argument("--json", type=Path, help=json_help)
    parser.add_argument("--histories", type=Path, help="keep histories with findings here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
