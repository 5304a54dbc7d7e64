"""Run deterministic worlds: `./run worlds --number 100000`, `--replay FILE`, `--small`.

The report is JSON. A world that breaks a promise becomes a file that `--replay` repeats.
Exit code 0: no promise was broken; 1: one was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any


def _prepare() -> None:
    """Set up Django."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()


def main() -> int:
    """Return the exit code."""
    arguments = _parse()
    _prepare()
    if arguments.replay:
        report = _replay(arguments.replay)
    elif arguments.small:
        report = _small(arguments)
    else:
        report = _worlds(arguments)
    text = json.dumps(report, indent=1, ensure_ascii=False)
    print(text)
    if arguments.report:
        arguments.report.write_text(text + "\n")
    return 1 if report["broken"] else 0


def _worlds(arguments: argparse.Namespace) -> dict[str, Any]:
    from rest.progress import Progress
    from tests.worlds.batch import run_batch, shrunk

    progress = Progress(sys.stderr, "worlds")
    summary = run_batch(
        arguments.seed,
        1_000 if arguments.number is None else arguments.number,
        processes=arguments.processes,
        on_progress=progress.advance,
    )
    progress.end()
    report = summary.as_json(arguments.seed)
    for entry, failure in zip(report["findings"], summary.failures, strict=True):
        path = arguments.failures / f"world-{failure.seed}.json"
        shrunk(failure).write(path)
        entry["file"] = str(path)
    return report


def _replay(path: Path) -> dict[str, Any]:
    from tests.worlds.decisions import Recording
    from tests.worlds.world import run_world
    from trolley_check.history import as_line

    recording = Recording.read(path)
    outcome = run_world(recording.seed, repeated=recording.decisions)
    for event in outcome.events:
        print(as_line(event), file=sys.stderr)
    return {
        "seed": recording.seed,
        "decisions": recording.decisions,
        "broken": len(outcome.findings),
        "findings": outcome.findings,
    }


def _small(arguments: argparse.Namespace) -> dict[str, Any]:
    from rest.progress import Progress
    from tests.worlds.explorer import run_all

    progress = Progress(sys.stderr, "states")
    report = run_all(on_progress=progress.count, max_runs=arguments.number)
    progress.end()
    return report


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run worlds", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--number", type=int, help="how many worlds (1,000), or orders of each small world (all)"
    )
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first world (0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=Path, help="repeat the world of a file")
    parser.add_argument("--small", action="store_true", help="run every order of small worlds")
    parser.add_argument("--report", type=Path, help="write the report to this file too")
    parser.add_argument(
        "--failures",
        type=Path,
        default=Path("worlds-failures"),
        help="write the files of broken worlds to this folder",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
