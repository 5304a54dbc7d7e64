"""A power cut tears the log of SQLite, or its database during a checkpoint: a prefix stays.

A disk writes sectors of 512 bytes. What was not synced may be written in part, in any order. So
the end of a log is torn at each sector, and the database must be what it was after the last
commit that is whole. A torn checkpoint must not show at all, because the log has its pages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.support.databases import SQLITE_FILE
from tests.support.installation import Installation
from tests.support.processes import process_environment, run_shell
from tests.support.sqlite_log import commits

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SECTOR = 512
EARLIER_EDITS, EDITS = 6, 3
"""Edits before a checkpoint, and those in the log that is torn."""
CHECK = """
import json
from io import StringIO
from django.core.management import call_command
from django.db import connection
from shopping_list.models import ShoppingList
for path in {paths!r}:
    connection.close()
    connection.settings_dict["NAME"] = path
    output = StringIO()
    call_command("check_lists", stdout=output)
    position = ShoppingList.objects.values_list("version", "digest").get(pk="{list}")
    print("STATE " + json.dumps([output.getvalue(), *position]))
"""


class Killed(NamedTuple):
    """What the files of a killed server contain."""

    database: bytes
    log: bytes
    log_before: bytes
    """The log before the last edits. Theirs overwrites it, as sectors on a disk are."""
    positions: list[tuple[int, str]]
    """Version and digest of the list before the last edits, and after each."""
    list_id: str


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A server that was killed after some edits, of which a checkpoint has seen the first."""
    data = tmp_path_factory.mktemp("torn") / "data"
    installation = Installation(data, server="uvicorn", layer="memory", redis=None)
    database, log = data / SQLITE_FILE, data / f"{SQLITE_FILE}-wal"
    try:
        for number in range(EARLIER_EDITS):
            installation.edit(f"earlier {number}")
        with closing(sqlite3.connect(database)) as link:
            (is_busy, *_) = link.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        assert not is_busy
        positions, log_before = [position(installation)], log.read_bytes()
        for number in range(EDITS):
            installation.edit(f"later {number}")
            positions.append(position(installation))
        installation.first_server.process.kill()
        installation.first_server.process.wait()
    finally:
        installation.close()
    content = database.read_bytes(), log.read_bytes()
    return Killed(*content, log_before, positions, installation.list_id)


def position(installation: Installation) -> tuple[int, str]:
    with installation.api() as api:
        body = api.get(f"shopping-lists/{installation.list_id}/").json()
    return body["version"], body["digest"]


def opened(folder: Path, database: bytes, log: bytes) -> bytes:
    """Return the database as SQLite reads it from these files, or why it does not."""
    path = folder / "torn.sqlite3"
    for suffix, content in (("", database), ("-wal", log), ("-shm", b"")):
        path.with_name(path.name + suffix).write_bytes(content)
    try:
        with closing(sqlite3.connect(path)) as link:
            return link.serialize()
    except sqlite3.DatabaseError as error:
        return str(error).encode()


def first_difference(left: bytes, right: bytes) -> int:
    """Return the first offset at which they differ."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if left[:middle] == right[:middle] else (low, middle - 1)
    return low


def cut(killed: Killed, at: int) -> bytes:
    """The log ends here."""
    return killed.log[:at]


def torn(killed: Killed, at: int) -> bytes:
    """From here on nothing was written: there is what was there before."""
    return killed.log[:at] + killed.log_before[at:]


def lost_sector(killed: Killed, at: int) -> bytes:
    """One sector was not written, although those behind it were."""
    return killed.log[:at] + killed.log_before[at : at + SECTOR] + killed.log[at + SECTOR :]


def zeros(killed: Killed, at: int) -> bytes:
    """The file has grown, and one sector was not written."""
    return killed.log[:at] + bytes(SECTOR) + killed.log[at + SECTOR :]


def garbled(killed: Killed, at: int) -> bytes:
    """One sector has random bytes."""
    return killed.log[:at] + Random(at).randbytes(SECTOR) + killed.log[at + SECTOR :]


MORE_DAMAGES = (cut, lost_sector, zeros)


@pytest.mark.parametrize(
    "damage",
    [torn, garbled, *(pytest.param(each, marks=pytest.mark.extended) for each in MORE_DAMAGES)],
)
def test_database_is_that_of_the_last_whole_commit_when_the_log_is_torn(
    killed: Killed, damage: Callable[[Killed, int], bytes], tmp_path: Path
) -> None:
    """POS-8"""
    states = commits(killed.database, killed.log)
    assert len(states) > EDITS
    wrong, reached = [], set()
    for at in range(0, states[-1].end, SECTOR):
        log = damage(killed, at)
        whole = first_difference(log, killed.log)
        count = sum(state.end <= whole for state in states) - 1
        reached.add(count)
        if opened(tmp_path, killed.database, log) != states[count].database:
            wrong.append((at, whole, count))
    assert wrong == []
    # The server may commit something of its own before the log was copied.
    assert reached >= set(range(min(reached), len(states) - 1))
    assert len(reached) >= EDITS


def test_each_state_that_a_torn_log_leaves_is_one_that_was_answered(
    killed: Killed, tmp_path: Path
) -> None:
    """POS-8: its indexes and digests are right, and none goes back."""
    paths = []
    for number, state in enumerate(commits(killed.database, killed.log)):
        paths.append(tmp_path / f"{number}.sqlite3")
        paths[-1].write_bytes(state.database)
        with closing(sqlite3.connect(paths[-1])) as link:
            assert link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert link.execute("PRAGMA foreign_key_check").fetchall() == []
    code = CHECK.format(paths=[str(path) for path in paths], list=killed.list_id)
    output = run_shell(code, process_environment(tmp_path / "data"))
    states = [json.loads(line[6:]) for line in output.splitlines() if line.startswith("STATE ")]
    assert {checked for checked, *_ in states} == {"1 lists checked, 0 wrong\n"}
    positions = [(version, digest) for _, version, digest in states]
    assert list(dict.fromkeys(positions)) == killed.positions


def torn_checkpoints(killed: Killed) -> Iterator[bytes]:
    """Yield the database when a checkpoint has written its first or its last sectors."""
    old, new = killed.database, commits(killed.database, killed.log)[-1].database
    for at in range(0, len(new), SECTOR):
        if old[at : at + SECTOR] != new[at : at + SECTOR]:
            yield new[:at] + old[at:]
            yield old[:at] + new[at:]
            yield old[:at] + new[at : at + SECTOR] + old[at + SECTOR :]


def test_torn_checkpoint_does_not_show(killed: Killed, tmp_path: Path) -> None:
    """POS-8: the log has the pages, because it is synced before."""
    last = commits(killed.database, killed.log)[-1].database
    databases = list(torn_checkpoints(killed))
    assert len(databases) > EDITS
    results = {opened(tmp_path, database, killed.log) for database in databases}
    assert results == {last}


def test_torn_checkpoint_is_noticed_when_the_log_is_lost(killed: Killed, tmp_path: Path) -> None:
    """POS-8: as without syncs. Otherwise the tests above would prove nothing."""
    known = {state.database for state in commits(killed.database, killed.log)}
    results = {opened(tmp_path, database, b"") for database in torn_checkpoints(killed)}
    assert results - known
