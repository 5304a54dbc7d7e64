"""Break an installation of three processes, PostgreSQL and Redis while clients use it.

./run faults                     # each fault for a minute
./run faults --minutes 1440      # for a day
./run faults --only "Redis is killed" --seed 7

Four lists are edited and followed the whole time, one fault after another is caused, and the
judge of trolley_check decides. Exit code 0: nothing was lost, doubled, out of order or
different; 1: something was.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from rest.progress import Progress
from tests.faults.catalogue import FAULTS, Fault
from tests.faults.installation import FaultyInstallation
from tests.faults.oracle import Round, report
from tests.support.postgres_server import PostgresServer
from trolley_check.history import History
from trolley_check.trial import Options, Outcome, Trial

ROUND_SECONDS = 50.0
"""Seconds of edits in one round. The sockets then get some time to settle."""


def main() -> int:
    """Return the exit code."""
    arguments = parse()
    rounds: list[Round] = []
    with (
        TemporaryDirectory(prefix="trolley-faults-") as folder,
        PostgresServer() as postgres,
        FaultyInstallation(Path(folder), postgres) as installation,
    ):
        tokens = installation.create_users(arguments.users)
        progress = Progress(sys.stderr, "rounds")
        plan = list(planned(arguments))
        for number, (fault, seed) in enumerate(plan):
            progress.advance(number, len(plan))
            this = asyncio.run(one_round(installation, tokens, fault, seed, arguments))
            rounds.append(this)
            print(in_words(this), flush=True)
        progress.end()
    result = report(rounds)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: value for name, value in result.items() if name != "rounds"}))
    return 1 if any(this.findings for this in rounds) else 0


def planned(arguments: argparse.Namespace) -> Iterator[tuple[Fault, int]]:
    """Yield the faults of the rounds in turn, each with its seed, for the given time."""
    faults = [FAULTS[name] for name in arguments.only] or list(FAULTS.values())
    count = len(faults)
    if arguments.minutes is not None:
        count = max(1, round(arguments.minutes * 60 / ROUND_SECONDS))
    seeds = itertools.count(arguments.seed)
    return zip(itertools.islice(itertools.cycle(faults), count), seeds, strict=False)


async def one_round(
    installation: FaultyInstallation,
    tokens: list[str],
    fault: Fault,
    seed: int,
    arguments: argparse.Namespace,
) -> Round:
    """Let each user edit a list, cause the fault meanwhile, and judge."""
    trials = [
        Trial(
            Options(
                url=installation.first_server.url,
                token=token,
                seconds=arguments.seconds,
                sockets=arguments.sockets,
                edits_per_second=arguments.rate,
                seed=seed,
            ),
            lambda _: None,
        )
        for token in tokens
    ]
    causing = asyncio.create_task(cause(installation, fault, Random(seed), arguments.seconds))
    outcomes: list[Outcome] = await asyncio.gather(*(trial.run() for trial in trials))
    this = Round(fault.name, seed, injected=await causing)
    for number, outcome in enumerate(outcomes):
        before = len(this.findings)
        this.add(outcome, loses_edits=fault.loses_edits)
        if len(this.findings) > before and arguments.histories:
            keep(outcome.history, arguments.histories / f"{seed}-{number}.jsonl")
    return this


async def cause(installation: FaultyInstallation, fault: Fault, rng: Random, seconds: float) -> int:
    """Cause a fault again and again while clients edit; return how often."""
    end, count = time.monotonic() + seconds, 0
    await asyncio.sleep(rng.uniform(2, 4))
    while time.monotonic() < end:
        await asyncio.to_thread(fault.run, installation, rng)
        count += 1
        await asyncio.sleep(min(rng.uniform(*fault.pause), max(0, end - time.monotonic())))
    return count


def keep(history: History, path: Path) -> None:
    """Write the history of a trial in which a promise was broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    history.write(path)


def in_words(this: Round) -> str:
    """Return one round as lines for people."""
    head = (
        f"{this.fault} ({this.injected} times, seed {this.seed}): {this.edits} edits, "
        f"{this.deliveries} deliveries, the slowest after {this.slowest_delivery:.1f} s, "
        f"{this.resumed} resumed, {this.copied} copied: "
    )
    if not this.findings:
        return f"{head}nothing lost"
    shown = [f"  BROKEN {finding.rule}: {finding.text}" for finding in this.findings[:10]]
    return "\n".join([f"{head}{len(this.findings)} findings", *shown])


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, help="default: one round of each fault")
    parser.add_argument("--only", action="append", default=[], choices=list(FAULTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=ROUND_SECONDS, help="of one round")
    parser.add_argument("--users", type=int, default=4, help="each of them edits one list")
    parser.add_argument("--sockets", type=int, default=20, help="of one user; more are refused")
    parser.add_argument("--rate", type=float, default=8.0, help="edits/s on each list")
    parser.add_argument("--json", type=Path, help="write the report to this file")
    parser.add_argument("--histories", type=Path, help="keep histories with findings here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
