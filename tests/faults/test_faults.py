"""The report of `./run faults` counts what the judge finds, and one round keeps every promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.oracle import Round, report, without_forgotten
from tests.support.processes import ROOT
from trolley_check.history import Applied, Copied, Ended, Event, Invoked, Responded
from trolley_check.trial import Outcome


def invoked(op: str, time: float) -> Invoked:
    return Invoked(client="writer", list="groceries", time=time, op=op, items=1)


def responded(op: str, time: float) -> Responded:
    return Responded(client="writer", list="groceries", time=time, op=op, status=200)


def copied(version: int, digest: str, time: float = 0) -> Copied:
    return Copied(
        client="socket",
        list="groceries",
        time=time,
        epoch="first",
        version=version,
        digest=digest,
        computed=digest,
    )


def applied(op: str, time: float, version: int, digest: str = "") -> Applied:
    return Applied(
        client="socket",
        list="groceries",
        time=time,
        epoch="first",
        version=version,
        base=f"{version - 1}",
        digest=digest or f"{version}",
        computed=digest or f"{version}",
        op=op,
        items=1,
    )


def round_of(*events: Event, loses_edits: bool = False) -> Round:
    outcome = Outcome()
    outcome.history.events = list(events)
    this = Round("a fault", seed=1, injected=3)
    this.add(outcome, loses_edits=loses_edits)
    return this


def test_each_finding_is_counted_in_its_column():
    """CHK-4"""
    lost = [invoked("a", 1), responded("a", 2)]
    doubled = [invoked("b", 3), responded("b", 4), applied("b", 5, 1), applied("b", 6, 2)]
    result = report([round_of(*lost, *doubled)])
    assert result["lost"] == 2  # the edit, and the version before the first one
    assert (result["doubled"], result["different"], result["invented"]) == (1, 0, 0)
    assert (result["writes"], result["deliveries"], result["faults"]) == (2, 2, 3)


def test_older_copy_may_forget_edits_that_sockets_had_seen():
    """CHK-4: what was seen by nobody is lost, and so is an edit of the history that stays."""
    kept = [invoked("a", 1), responded("a", 2), copied(1, "1"), applied("a", 3, 2)]
    forgotten = [invoked("b", 4), responded("b", 5), applied("b", 6, 3, "other")]
    lost = [invoked("c", 7), responded("c", 8)]
    after = [copied(2, "2", 9), invoked("d", 10), responded("d", 11), applied("d", 12, 3)]
    end = Ended(client="REST", list="groceries", epoch="first", version=3, digest="3")
    events = [*kept, *forgotten, *lost, *after, end]
    assert without_forgotten(events)[1] == {"b"}
    texts = [finding.text for finding in round_of(*events, loses_edits=True).findings]
    assert texts == ["c was answered with 200 and nobody got it"]


@pytest.mark.extended
@pytest.mark.system
@pytest.mark.timeout(180)
def test_round_with_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """CHK-4"""
    command = [sys.executable, "-m", "tests.faults", "--only", "a process is killed"]
    result = subprocess.run(
        [*command, "--seconds", "15", "--users", "2", "--json", str(tmp_path / "report.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["faults"] > 0
    assert written["deliveries"] > 1000
    assert [written[name] for name in ("lost", "doubled", "out_of_order", "different")] == [0] * 4
