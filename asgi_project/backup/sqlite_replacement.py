"""Replaces the file of SQLite with a new database, in one step."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from asgi_project.backup.disk_sync import sync

SIDE_FILES = ("-wal", "-shm", "-journal")


@contextmanager
def replaced_database() -> Iterator[Path | None]:
    """Let all queries go to a new file, which takes the place of the database at the end.

    Yields where the old database is kept, or None if there is none. An error leaves it as
    it is, and a power cut leaves one of the two. No other process may use the database.
    """
    database = Path(connection.settings_dict["NAME"])
    new = database.with_name("restoring.sqlite3")
    kept = _name_to_keep(database) if database.exists() else None
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove(new)
    connection.close()
    connection.settings_dict["NAME"] = str(new)
    try:
        yield kept
        connection.close()
        _finish(new)
        sync(new)
        if kept:
            _keep(database, kept)
        new.replace(database)
        sync(database.parent)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(database)
        _remove(new)


def _keep(database: Path, kept: Path) -> None:
    """Give the database a second name. A log that a damaged database leaves goes with it."""
    with suppress(sqlite3.DatabaseError):
        _finish(database)
    os.link(database, kept)
    for suffix in SIDE_FILES:
        with suppress(FileNotFoundError):
            Path(f"{database}{suffix}").replace(f"{kept}{suffix}")


def _finish(database: Path) -> None:
    """Write everything that is in the write-ahead log to the database, and end the log."""
    with closing(sqlite3.connect(database)) as link:
        link.execute("PRAGMA journal_mode=DELETE")


def _name_to_keep(database: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return database.with_name(f"before-restore-{stamp}.sqlite3")


def _remove(database: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
