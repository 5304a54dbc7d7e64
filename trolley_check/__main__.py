"""Run a trial on an installation, or judge the history of an earlier one.

    python -m trolley_check https://list.example.org     # the token is in TROLLEY_TOKEN
    python -m trolley_check --judge history.jsonl

Exit code 0: every promise was kept; 1: one was broken; 2: the trial could not run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from trolley_check import elle
from trolley_check.api import Api, RefusedError
from trolley_check.history import Event, HistoryError, read_lines
from trolley_check.judge import Finding, Verdict, judge
from trolley_check.report import as_json, in_words, service_levels
from trolley_check.trial import Options, Trial


def main() -> int:
    """Return the exit code."""
    arguments = parse()
    levels: dict[str, Any] | None = None
    try:
        if arguments.judge:
            with arguments.judge.open() as lines:
                events: list[Event] = list(read_lines(lines))
            verdict = judge(events)
        else:
            options = options_of(arguments)
            require_server(options.url)
            trial = Trial(options, say)
            outcome = asyncio.run(trial.run())
            events, levels = outcome.history.events, service_levels(outcome)
            verdict = with_trial_findings(judge(events), outcome.unsettled, outcome.closed)
            if arguments.history:
                outcome.history.write(arguments.history)
    except (RefusedError, HistoryError, OSError, TimeoutError) as error:
        print(f"trolley_check: {str(error) or 'no answer in time'}", file=sys.stderr)
        return 2
    if arguments.elle:
        arguments.elle.write_text("\n".join(elle.operations(events)) + "\n")
    if arguments.json:
        print(json.dumps(as_json(verdict, levels)))
    else:
        print(in_words(verdict, levels))
    return 1 if verdict.findings else 0


def with_trial_findings(verdict: Verdict, unsettled: list[str], closed: list[str]) -> Verdict:
    """Add what only the trial knows: sockets that did not get everything, or were closed."""
    texts = [f"{name} did not get everything in time" for name in unsettled]
    texts += [f"{each} is a close code that does not come back" for each in closed]
    added = tuple(Finding("converged", "", text) for text in texts)
    return Verdict(verdict.findings + added, verdict.edits, verdict.deliveries, verdict.clients)


def say(text: str) -> None:
    """Print a step."""
    print(text, file=sys.stderr)


def require_server(url: str) -> None:
    """Ask once, so that a wrong address is not tried for a minute. Raises RefusedError."""
    api = Api(url, {})
    response = api.send_once("GET", "/api/", None, {})
    api.close()
    if response.status == 0:
        raise RefusedError(f"nothing answers at {url}")


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options of a trial. Raises RefusedError without a token or a whole URL."""
    token = os.environ.get("TROLLEY_TOKEN", "").strip()
    if not arguments.url or not token:
        raise RefusedError("the URL of the server and a token in TROLLEY_TOKEN are needed")
    if not arguments.url.startswith(("http://", "https://")):
        raise RefusedError(f"{arguments.url} is no URL: one begins with http:// or https://")
    return Options(
        url=arguments.url.rstrip("/"),
        token=token,
        seconds=arguments.seconds,
        sockets=arguments.sockets,
        writers=arguments.writers,
        edits_per_second=arguments.rate,
        seed=arguments.seed,
    )


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m trolley_check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("url", nargs="?", help="address of the installation")
    defaults = Options(url="", token="")
    parser.add_argument("--seconds", type=float, default=defaults.seconds)
    parser.add_argument("--sockets", type=int, default=defaults.sockets)
    parser.add_argument("--writers", type=int, default=defaults.writers)
    parser.add_argument("--rate", type=float, default=defaults.edits_per_second, help="edits/s")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--history", type=Path, help="write the history to this file")
    parser.add_argument("--judge", type=Path, help="judge this history, without a trial")
    parser.add_argument("--elle", type=Path, help="write the history for Elle to this file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
