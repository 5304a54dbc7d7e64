"""Deterministic worlds break no promise, are the same each time, and find bugs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.batch import run_batch, shrunk
from tests.worlds.decisions import Recording
from tests.worlds.mutations import BUGS
from tests.worlds.world import Outcome, run_world
from trolley_check.history import as_line

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.json"))
WORLDS = 150
"""Worlds of the default tests: two seconds. `./run worlds` runs as many as it is asked to."""
WORLDS_PER_BUG = 500
"""Worlds within which each bug that is put in on purpose is detected."""


def history_of(outcome: Outcome) -> str:
    return "\n".join(map(as_line, outcome.events)) + json.dumps(outcome.decisions)


def first_failure() -> Outcome:
    return next(filter(lambda outcome: outcome.findings, map(run_world, range(WORLDS_PER_BUG))))


def command(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.worlds", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )


def test_worlds_break_no_promise():
    """WLD-1."""
    summary = run_batch(0, WORLDS, processes=1, on_progress=lambda done, total: None)
    assert [(each.seed, each.findings) for each in summary.failures] == []
    assert summary.worlds == WORLDS
    assert summary.counts["changes_applied"] > WORLDS
    assert {"kill", "layer_down", "database_goes_back", "dismiss"} <= set(summary.incidents)


def test_world_is_same_when_it_runs_again():
    """WLD-2."""
    first = [history_of(run_world(seed)) for seed in range(20)]
    again = [history_of(run_world(seed)) for seed in reversed(range(20))]
    assert first == again[::-1]


def test_world_is_same_when_it_is_replayed():
    """WLD-2."""
    for seed in range(20):
        outcome = run_world(seed)
        assert history_of(run_world(seed, repeated=outcome.decisions)) == history_of(outcome)


@pytest.mark.slow
def test_history_is_same_in_processes_with_other_hash_seeds(tmp_path: Path):
    """WLD-2."""
    path = tmp_path / "world.json"
    run_world(3).recording.write(path)
    runs = [command("--replay", str(path), hash_seed=seed) for seed in ("1", "2")]
    assert [run.returncode for run in runs] == [0, 0]
    assert len(runs[0].stderr.splitlines()) > 10
    assert (runs[0].stdout, runs[0].stderr) == (runs[1].stdout, runs[1].stderr)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUGS)
def test_bug_is_detected_when_it_is_put_in(name: str):
    """WLD-3."""
    with BUGS[name]():
        assert first_failure().findings


def test_failure_is_shrunk_to_few_decisions():
    """WLD-4."""
    with BUGS["a removal is forgotten"]():
        failure = first_failure().recording
        smaller = shrunk(failure)
        repeated = run_world(smaller.seed, repeated=smaller.decisions)
    assert repeated.findings == smaller.findings != []
    assert len(smaller.decisions) < len(failure.decisions) / 4
    assert run_world(smaller.seed, repeated=smaller.decisions).findings == []


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_fixed_bug_stays_fixed(path: Path):
    """WLD-5: the findings in the file are those of the version that had the bug."""
    recording = Recording.read(path)
    assert recording.findings
    assert run_world(recording.seed, repeated=recording.decisions).findings == []


@pytest.mark.slow
def test_command_reports_worlds_as_json(tmp_path: Path):
    """WLD-1."""
    run = command("--number", "60", "--seed", "7", "--report", str(tmp_path / "report.json"))
    report: dict[str, Any] = json.loads(run.stdout)
    assert run.returncode == 0, run.stderr
    assert (report["worlds"], report["seeds"], report["broken"]) == (60, [7, 66], 0)
    assert json.loads((tmp_path / "report.json").read_text()) == report
