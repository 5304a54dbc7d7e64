"""Backups of a running installation, restored on both databases."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.databases import SQLITE_FILE, copy_template, fresh_database
from tests.support.installation import Installation
from tests.support.processes import ServerProcess, process_environment, run_shell
from tests.support.rest_writers import RestWriter

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
COMMAND = """
from django.core.management import CommandError, call_command
try:
    call_command({arguments})
except CommandError as error:
    print("REFUSED", error)
"""
COUNT = "from accounts.models import User; print('USERS', User.objects.count())"
OLD_USER = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
call_command("migrate", "accounts", "0001", verbosity=0)
state = MigrationExecutor(connection).loader.project_state([("accounts", "0001_initial")])
state.apps.get_model("accounts", "User").objects.create(username="Zoë", password="!")
"""


def command(data: Path, *arguments: str, **environment: str) -> str:
    """Run a management command, and return what it prints."""
    code = COMMAND.format(arguments=", ".join(map(repr, arguments)))
    return run_shell(code, process_environment(data, **environment))


def back_up(data: Path, **environment: str) -> Path:
    """Make a backup, and return its file."""
    output = command(data, "backup", **environment)
    assert "complete and readable" in output
    return Path(output.partition(": ")[0])


def content(backup: Path) -> list[str]:
    """Return the lines of a backup without its header, which has the time."""
    lines = gzip.decompress(backup.read_bytes()).decode().splitlines()
    # The totals of the dashboard and the rights of Django are not the same everywhere.
    return [line for line in lines[1:] if "permission" not in line]


def lines_of(table: str, backup: Path) -> int:
    """Return how many rows of a table a backup has."""
    (head,) = [json.loads(line) for line in content(backup) if f'{{"table":"{table}"' in line]
    return int(head["rows"])


def sign_in(url: str) -> httpx.Cookies:
    """Return the cookies of ana."""
    with httpx.Client(base_url=url, headers={"Origin": url}) as browser:
        browser.get("/signin/")
        browser.headers["X-CSRFToken"] = browser.cookies["trolley_csrftoken"]
        body = {"username": "ana", "password": "correct horse battery"}
        browser.post("/api/auth/login/", json=body).raise_for_status()
        return browser.cookies


def rewrite(backup: Path, change: Callable[[list[str]], list[str]]) -> Path:
    """Return a copy of a backup with other lines."""
    lines = gzip.decompress(backup.read_bytes()).decode().splitlines()
    changed = backup.with_name(f"changed-{backup.name}")
    changed.write_bytes(gzip.compress(("\n".join(change(lines)) + "\n").encode()))
    return changed


@pytest.mark.postgres
def test_backup_under_load_has_one_moment_and_moves_between_databases(
    tmp_path: Path, postgres_url: str
) -> None:
    """BAK-1, BAK-2: SQLite, PostgreSQL and SQLite again have equal rows."""
    data = tmp_path / "data"
    installation = Installation(data, server="uvicorn", layer="memory", redis=None)
    is_over = threading.Event()

    def write(who: str) -> None:
        for seed in itertools.count():
            if is_over.is_set():
                break
            RestWriter(installation, who, seed=seed).write(turns=5)

    threads = [threading.Thread(target=write, args=(who,)) for who in ("ana", "bob")]
    for thread in threads:
        thread.start()
    first = back_up(data)
    is_over.set()
    for thread in threads:
        thread.join()
    assert lines_of("shopping_list.activity", first) > 0
    assert "REFUSED Trolley is running" in command(data, "restore", "--yes", str(first))
    cookies = sign_in(installation.first_server.url)
    installation.close()

    with fresh_database(postgres_url) as database:
        other = {"DATABASE_URL": database}
        assert "Restored" in command(tmp_path / "pg", "restore", "--yes", str(first), **other)
        assert "1 lists checked, 0 wrong" in command(tmp_path / "pg", "check_lists", **other)
        second = back_up(tmp_path / "pg", **other)
        assert content(second) == content(first)
    assert "Restored" in command(data, "restore", "--yes", str(second))
    assert content(back_up(data)) == content(first)
    assert [path.name for path in data.glob("before-restore-*")] != []
    with ServerProcess(data) as server:
        assert server.get("/api/auth/me/", cookies=cookies).status_code == 401


def test_backup_of_older_version_is_migrated(tmp_path: Path) -> None:
    """BAK-2: it has the tables of its time."""
    run_shell(OLD_USER, process_environment(tmp_path / "old"))
    backup = back_up(tmp_path / "old")
    assert "Restored" in command(tmp_path / "new", "restore", "--yes", str(backup))
    assert "USERS 1" in run_shell(COUNT, process_environment(tmp_path / "new"))


def test_tables_are_changed_after_a_backup(tmp_path: Path) -> None:
    """BAK-4"""
    data = tmp_path / "data"
    run_shell(OLD_USER, process_environment(data))
    with ServerProcess(data):
        pass
    (backup,) = (data / "backups").iterdir()
    assert backup.name.startswith("before-migration-")
    assert any('"Zoë"' in line for line in content(backup))
    with ServerProcess(data):  # nothing is to be migrated
        pass
    assert list((data / "backups").iterdir()) == [backup]


def without_end(lines: list[str]) -> list[str]:
    return lines[:-1]


def of_newer_code(lines: list[str]) -> list[str]:
    header = json.loads(lines[0])
    header["migrations"].append(["live", "0999_future"])
    return [json.dumps(header), *lines[1:]]


def with_row_twice(lines: list[str]) -> list[str]:
    """The same user twice: the rows are complete, and the database refuses them."""
    index = next(i for i, line in enumerate(lines) if '"accounts.user"' in line)
    header, table, end = (json.loads(lines[i]) for i in (0, index, -1))
    header["rows"] += 1
    table["rows"] += 1
    end["end"] += 1
    row = lines[index + 1]
    rows = [*lines[1:index], json.dumps(table), row, row, *lines[index + 2 : -1]]
    return [json.dumps(header), *rows, json.dumps(end)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_end, "so it was not written completely"),
        (of_newer_code, "this code is older and does not know live.0999_future: update Trolley"),
        (with_row_twice, "UNIQUE"),
    ],
)
def test_backup_that_cannot_be_restored_changes_nothing(
    tmp_path: Path, change: Callable[[list[str]], list[str]], message: str
) -> None:
    """BAK-3"""
    data = tmp_path / "data"
    copy_template(data)
    backup = back_up(data)
    before = (data / SQLITE_FILE).read_bytes()
    refused = command(data, "restore", "--yes", str(rewrite(backup, change)))
    assert f"REFUSED {data}/backups/changed-" in refused
    assert message in refused
    assert (data / SQLITE_FILE).read_bytes() == before
    assert list(data.glob("before-restore-*")) == list(data.glob("restoring*")) == []


@pytest.mark.postgres
def test_failed_restore_on_postgres_changes_nothing(tmp_path: Path, postgres_url: str) -> None:
    """BAK-3: the tables are dropped and filled in one transaction."""
    data = tmp_path / "data"
    copy_template(data)
    backup = back_up(data)
    with fresh_database(postgres_url) as database:
        environment = {"DATABASE_URL": database}
        assert "Restored" in command(data, "restore", "--yes", str(backup), **environment)
        damaged = rewrite(backup, with_row_twice)
        refused = command(data, "restore", "--yes", str(damaged), **environment)
        assert "duplicate key value" in refused
        assert content(back_up(data, **environment)) == content(backup)


def test_backups_are_private_and_the_oldest_are_deleted(tmp_path: Path) -> None:
    """BAK-1: a backup has the hashes of the passwords."""
    data = tmp_path / "data"
    copy_template(data)
    backups = [back_up(data) for _ in range(2)]
    (data / "backups" / "notes.txt").write_text("mine")
    output = command(data, "backup", "--keep", "1")
    assert [f"{path}: deleted" in output for path in backups] == [True, True]
    names = [path.name for path in (data / "backups").iterdir()]
    assert len(names) == 2
    assert "notes.txt" in names
    assert (data / "backups").stat().st_mode & 0o077 == 0
    kept = next((data / "backups").glob("trolley-*"))
    assert kept.stat().st_mode & 0o077 == 0
