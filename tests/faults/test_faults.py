"""The report of `./run faults` counts what the judge finds, and one round keeps every promise."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
import pytest

from asgi_project.topology.processes import free_ports
from tests.faults import members
from tests.faults.installation import SqliteInstallation
from tests.faults.members import LastingSocket, findings_of_left, visit
from tests.faults.oracle import MAX_HUNG, Goal, Round, report, without_forgotten
from tests.faults.resources import Sample, growths
from tests.faults.runner import broken_off, hung
from tests.support.full_disk import FullDisk
from tests.support.processes import ROOT
from tests.support.shifted_clock import ShiftedClock
from trolley_check.api import Response
from trolley_check.history import Applied, Copied, Ended, Event, Invoked, Responded
from trolley_check.judge import Finding
from trolley_check.trial import Options, Outcome, Trial


def invoked(op: str, at: float) -> Invoked:
    return Invoked(client="writer", list="groceries", time=at, op=op, items=1)


def responded(op: str, at: float) -> Responded:
    return Responded(client="writer", list="groceries", time=at, op=op, status=200)


def copied(version: int, digest: str, at: float = 0) -> Copied:
    return Copied(
        client="socket",
        list="groceries",
        time=at,
        epoch="first",
        version=version,
        digest=digest,
        computed=digest,
    )


def applied(op: str, at: float, version: int, digest: str = "") -> Applied:
    return Applied(
        client="socket",
        list="groceries",
        time=at,
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


def test_run_is_over_when_so_many_deliveries_were_judged():
    """CHK-6"""
    rounds = [Round("a fault", seed, deliveries=400) for seed in range(3)]
    goal = Goal(rounds=18, deliveries=1200)
    assert not goal.is_reached(rounds[:2])
    assert goal.progress(rounds[:2], seconds=600) == "800 of 1,200 deliveries, 5 min left"
    assert goal.is_reached(rounds)
    assert goal.progress(rounds, seconds=900) == "1,200 of 1,200 deliveries"


def test_run_ends_when_rounds_only_hang():
    """CHK-6"""
    ended = Round("a fault", 1, deliveries=400)
    hanging = [Round("a fault", seed, findings=[hung(180)]) for seed in range(MAX_HUNG)]
    goal = Goal(rounds=18, deliveries=1200)
    assert not goal.is_reached([*hanging[1:], ended])
    assert goal.is_reached([ended, *hanging])


def test_round_that_breaks_off_is_counted():
    """CHK-6"""
    result = report([Round("a fault", 1, findings=[broken_off("a trial", TimeoutError("late"))])])
    assert result["hung_or_broken_off"] == 1
    assert "late" in result["rounds"][0]["findings"][0]["text"]


def test_clock_of_a_running_process_can_be_shifted():
    """CHK-4: without a shift it is right, and time that passes is not touched."""
    code = """
import datetime, time
for _ in iter(input, ""):
    print(int(time.time()), int(datetime.datetime.now().timestamp()), int(time.monotonic()))
"""
    with (
        ShiftedClock() as clock,
        subprocess.Popen(
            [sys.executable, "-uc", code],
            env={**os.environ, **clock.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):

        def errors() -> list[int]:
            assert process.stdin
            assert process.stdout
            print("now", file=process.stdin, flush=True)
            shown = map(int, process.stdout.readline().split())
            true = (time.time(), time.time(), time.monotonic())
            return [round((at - now) / 60) for at, now in zip(shown, true, strict=True)]

        assert errors() == [0, 0, 0]
        with clock.shifted(3600):
            assert errors() == [60, 60, 0]
            with clock.shifted(-300, process=process.pid):
                assert errors() == [55, 55, 0]
        with clock.shifted(600, process=os.getpid()):
            assert errors() == [0, 0, 0]
        assert process.stdin
        print(file=process.stdin, flush=True)


def test_file_does_not_grow_while_the_disk_is_full(tmp_path: Path) -> None:
    """CHK-4: other folders have room, and what a file has can be written over."""
    code = """
import os, sys
for path in iter(input, ""):
    with open(path, "r+b") as file:
        file.write(b"over")
    try:
        with open(path, "ab") as file:
            file.write(b"more")
        print("written")
    except OSError as error:
        print(error.strerror)
"""
    folder = tmp_path / "disk"
    folder.mkdir()
    inside, outside = folder / "file", tmp_path / "file"
    for path in (inside, outside):
        path.write_bytes(b"four")
    with (
        FullDisk(folder) as disk,
        subprocess.Popen(
            [sys.executable, "-uc", code],
            env={**os.environ, **disk.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):

        def write(path: Path) -> str:
            assert process.stdin
            assert process.stdout
            print(path, file=process.stdin, flush=True)
            return process.stdout.readline().strip()

        with disk.full():
            assert write(inside) == "No space left on device"
            assert inside.read_bytes() == b"over"
            assert write(outside) == "written"
        assert write(inside) == "written"
        assert process.stdin
        print(file=process.stdin, flush=True)


def samples_of(memory: Callable[[float], float], descriptors: Sequence[int]) -> list[Sample]:
    """Return a sample a minute of a process with this memory after so many hours."""
    return [
        Sample(60 * minute, 1, round(memory(minute / 60)), count)
        for minute, count in enumerate(descriptors)
    ]


def test_growth_is_that_of_the_second_half():
    """CHK-8"""
    settling = samples_of(lambda hours: 1e8 + 5e7 * min(hours, 1), [9] * 50 + [30, 33] * 50)
    (growth,) = growths(settling)
    assert (growth.percent_per_hour, growth.more_descriptors, growth.leaks) == (0, 0, [])
    assert (growth.samples, growth.memory) == (75, 150_000_000)
    assert list(growths(settling[:10])) == []


def test_process_that_grows_is_a_leak():
    """CHK-8: also by little in an hour, and by descriptors."""
    growing = samples_of(lambda hours: 1e8 * (1 + hours / 50), [20 + n // 10 for n in range(200)])
    assert next(growths(growing)).leaks == [
        "the memory of process 1 grows by 1.9 %/h",
        "process 1 has 7 descriptors more",
    ]


def test_memory_of_a_short_run_is_not_judged():
    """CHK-8: it is reported."""
    samples = samples_of(lambda hours: 1e8 * (1 + hours / 10), [20] * 20)
    result = report([Round("a fault", 1, samples=samples, findings=[Finding("ghost", "", "bob")])])
    assert (result["leaks"], result["left_behind"]) == ([], 1)
    assert result["processes"][0]["memory_percent_per_hour"] == 9.84
    assert result["rounds"][0]["memory_mb"] == {1: 103.2}


@pytest.mark.extended
@pytest.mark.system
async def test_members_and_sockets_that_stay_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CHK-8"""
    monkeypatch.setattr(members, "DEPARTURE_SECONDS", 3.0)
    with (
        FullDisk(tmp_path / "data") as disk,
        SqliteInstallation(tmp_path, disk) as installation,
    ):
        lasting = LastingSocket(installation)
        await lasting.start()
        await visit(installation, Random(1), 2)
        assert await findings_of_left(installation) == []
        async with members._opened(installation, "bob") as socket:
            await members._announce(installation, socket)
            findings = await findings_of_left(installation)
            assert [finding.text for finding in findings] == [
                "members who have gone are present: ['bob']",
                "1 sockets of clients that have gone",
            ]
        assert await lasting.receive() > 4


async def test_trial_that_ends_early_leaves_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """CHK-6: its clients would count as members who stay."""
    monkeypatch.setattr("trolley_check.trial.SETTLE_SECONDS", 0.2)
    (port,) = free_ports(1)
    trial = Trial(Options(url=f"http://127.0.0.1:{port}", token="none"), lambda _: None)
    created = Response(201, {"id": str(uuid4())}, {})
    monkeypatch.setattr(trial._owner, "send", lambda *_, **__: created)
    with pytest.raises(TimeoutError):
        await trial.run()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def run_faults(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `./run faults` without its installing."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def processes_of(run: str) -> list[psutil.Process]:
    """Return the processes that a run has left."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("FAULTS_RUN") == run:
                left.append(process)
    return left


@pytest.mark.extended
@pytest.mark.system
@pytest.mark.timeout(300)
def test_round_that_hangs_is_killed_and_named(tmp_path: Path) -> None:
    """CHK-6: and the next round has another installation."""
    run, path = str(uuid4()), tmp_path / "report.json"
    limits = ["--timeout", "1", "--seconds", "60", "--deliveries", "10", "--users", "1"]
    fault = ["--only", "only cut connections", "--json", str(path)]
    result = run_faults(*limits, *fault, FAULTS_RUN=run)
    assert result.returncode == 1, result.stdout + result.stderr
    written = json.loads(path.read_text())
    assert written["hung_or_broken_off"] == len(written["rounds"]) == MAX_HUNG
    assert "BROKEN hung: the round did not end within 1 s" in result.stdout
    assert processes_of(run) == []


@pytest.mark.extended
@pytest.mark.system
@pytest.mark.timeout(180)
def test_round_with_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """CHK-4"""
    path = tmp_path / "report.json"
    load = ["--seconds", "15", "--users", "2", "--json", str(path)]
    result = run_faults("--only", "a process is killed", *load)
    assert result.returncode == 0, result.stdout + result.stderr
    written = json.loads(path.read_text())
    assert written["faults"] > 0
    assert written["deliveries"] > 1000
    assert [written[name] for name in ("lost", "doubled", "out_of_order", "different")] == [0] * 4


@pytest.mark.extended
@pytest.mark.system
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "fault",
    ["the disk of the database is full", "the database is read-only", "the disk of SQLite is full"],
)
def test_round_with_an_unwritable_database_refuses_edits_and_loses_none(
    fault: str, tmp_path: Path
) -> None:
    """CHK-7"""
    path = tmp_path / "report.json"
    load = ["--seconds", "20", "--users", "2", "--json", str(path)]
    result = run_faults("--only", fault, *load)
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads(path.read_text())["faults"] > 0
