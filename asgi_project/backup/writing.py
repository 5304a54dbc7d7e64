"""Writes a backup while the server runs."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, models, transaction

from asgi_project.backup import tables
from asgi_project.backup.backup_format import (
    Header,
    Table,
    read_header,
    read_tables,
    write_end,
    write_header,
    write_table,
)
from asgi_project.backup.disk_sync import sync

CHUNK = 1000
"""Rows that are read at a time: a log of a million changes is never in memory."""

Advance = Callable[[int, int], None]
"""Is called with the number of rows done and the number of all rows."""


def write_backup(path: Path, advance: Advance = lambda done, total: None) -> Header:
    """Write a backup to a new file, and read it again to test it. Raises OSError, BackupError.

    It has the state of one moment. Writers do not wait for it: SQLite in WAL mode and
    PostgreSQL keep this state for the reader. The file has its name only after it is complete
    and on the disk.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with _open_private(unfinished) as stream, _one_moment():
            header = _write(stream, advance)
        check_backup(unfinished)
        sync(unfinished)
        os.link(unfinished, path)  # unlike a rename, it replaces no other backup
        sync(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return header


def check_backup(path: Path) -> Header:
    """Read a whole backup. Raises OSError and BackupError."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        header = read_header(stream)
        for _ in read_tables(stream, header):
            pass
    return header


def _write(stream: IO[str], advance: Advance) -> Header:
    migrations = tables.applied_migrations()
    counted = [(model, model._base_manager.count()) for model in tables.models_at(migrations)]
    header = Header(
        trolley=settings.VERSION,
        created_at=datetime.now(UTC).isoformat(),
        migrations=migrations,
        rows=sum(rows for _, rows in counted),
    )
    write_header(stream, header)
    done = 0
    for model, rows in counted:
        names = tuple(field.attname for field in tables.fields_of(model))
        table = Table(tables.label_of(model), names, rows)
        for number in write_table(stream, table, _rows(model, names)):
            advance(done + number, header.rows)
        done += rows
    write_end(stream, done)
    return header


def _rows(model: type[models.Model], names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    return model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=CHUNK)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all queries see the state of one moment."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # atomic() would begin a transaction that writes, and every edit would wait for it.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def _open_private(path: Path) -> Iterator[IO[str]]:
    """Open a new file that only its owner can read: it has the hashes of passwords."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with (
        os.fdopen(descriptor, "wb") as raw,
        gzip.open(raw, "wt", encoding="utf-8", compresslevel=6) as stream,
    ):
        yield stream
