"""Which errors of the database pass by themselves."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db.utils import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)

from rest.database_errors import CommitInDoubtError, Trouble, database_trouble
from tests.support.processes import ROOT

KINDS = (OperationalError, IntegrityError, InternalError, ProgrammingError, DatabaseError)
"""What Django makes of the errors of the same name, the most general one last."""


def raised(kind: type[Exception], cause: BaseException) -> Exception:
    """Return the error of Django that it makes of an error of the driver."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


def sqlite_error(path: Path, *statements: str) -> Exception:
    """Return the real error of the last of these statements."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            for statement in statements:
                connection.execute(statement)
        except sqlite3.Error as error:
            return error
    raise AssertionError("no error")


@pytest.mark.parametrize(
    ("sqlstate", "trouble"),
    [
        ("57P01", Trouble.CONNECTION_LOST),
        ("57P02", Trouble.CONNECTION_LOST),
        ("57P03", Trouble.CONNECTION_LOST),
        ("57P05", Trouble.CONNECTION_LOST),
        ("25P03", Trouble.CONNECTION_LOST),
        ("08006", Trouble.CONNECTION_LOST),
        ("08003", Trouble.CONNECTION_LOST),
        ("25006", Trouble.READ_ONLY),
        ("53100", Trouble.DISK_FULL),
        ("58030", Trouble.DISK_FULL),
        ("53300", Trouble.TOO_MANY_CONNECTIONS),
        ("53200", Trouble.TOO_MANY_CONNECTIONS),
        ("40001", Trouble.BUSY),
        ("40P01", Trouble.BUSY),
        ("55P03", Trouble.BUSY),
        ("57014", Trouble.BUSY),
        ("23505", None),
        ("42601", None),
        ("22001", None),
        ("XX000", None),
    ],
)
def test_code_of_postgresql_decides(sqlstate: str, trouble: Trouble | None) -> None:
    """FDB-6"""
    cause = psycopg.errors.lookup(sqlstate)("text")
    kind = next(kind for kind in KINDS if isinstance(cause, getattr(psycopg, kind.__name__)))
    assert database_trouble(raised(kind, cause)) is trouble


def test_unreachable_server_is_a_lost_connection() -> None:
    """FDB-6: the driver has no code for it."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    error = raised(OperationalError, caught.value)
    assert database_trouble(error) is Trouble.CONNECTION_LOST


@pytest.mark.parametrize(
    ("statements", "trouble"),
    [
        (["PRAGMA query_only = ON", "INSERT INTO t VALUES (1)"], Trouble.READ_ONLY),
        (
            ["PRAGMA max_page_count = 2", "INSERT INTO t VALUES (zeroblob(99999))"],
            Trouble.DISK_FULL,
        ),
        (["INSERT INTO t VALUES ('a'), ('a')"], None),
        (["SELEC"], None),
    ],
)
def test_code_of_sqlite_decides(
    tmp_path: Path, statements: list[str], trouble: Trouble | None
) -> None:
    """FDB-6"""
    path = tmp_path / "errors.sqlite3"
    cause = sqlite_error(path, "CREATE TABLE t (a UNIQUE)", *statements)
    assert database_trouble(raised(OperationalError, cause)) is trouble


def test_locked_and_missing_file_of_sqlite(tmp_path: Path) -> None:
    """FDB-6"""
    path = tmp_path / "errors.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = sqlite_error(path, "BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.Error) as missing:
        sqlite3.connect(tmp_path / "no" / "file")
    assert database_trouble(raised(OperationalError, locked)) is Trouble.BUSY
    assert database_trouble(raised(OperationalError, missing.value)) is Trouble.CONNECTION_LOST


def test_lost_commit_stays_in_doubt_when_django_fails_to_connect_again() -> None:
    """FDB-5, FDB-6"""
    unreachable = raised(OperationalError, psycopg.OperationalError("refused"))
    unreachable.__context__ = CommitInDoubtError("the connection is lost")
    unreachable.__cause__.__context__ = unreachable.__context__  # type: ignore[union-attr]
    assert database_trouble(unreachable) is Trouble.COMMIT_IN_DOUBT
    assert database_trouble(CommitInDoubtError("lost")) is Trouble.COMMIT_IN_DOUBT


@pytest.mark.parametrize("error", [None, ValueError(), OperationalError("x"), InterfaceError("x")])
def test_error_without_a_code_stays(error: BaseException | None) -> None:
    """FDB-6"""
    assert database_trouble(error) is None


def test_command_says_it_in_one_line(tmp_path: Path) -> None:
    """FDB-7"""
    url = "postgres://postgres@127.0.0.1:1/nothing"
    command = [sys.executable, "manage.py", "prune"]
    environment = {"DATABASE_URL": url, "TROLLEY_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("trolley: The database cannot be reached at the moment. (")
    assert ended.stderr.count("\n") == 1
