"""Puts a backup in the place of the database: all of it, or nothing."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from asgi_project.backup import tables
from asgi_project.backup.backup_format import BackupError, Header, Table, read_header, read_tables
from asgi_project.backup.sqlite_replacement import replaced_database
from asgi_project.backup.writing import CHUNK, Advance, check_backup

ALIVE = timedelta(seconds=15)
"""A server whose counts are younger than this runs: it writes them every second."""


def check_restorable(path: Path) -> Header:
    """Read the whole file. Raises OSError, and BackupError also if this code is too old for it."""
    header = check_backup(path)
    known = MigrationLoader(None).disk_migrations
    if unknown := sorted(header.migrations - frozenset(known)):
        names = ", ".join(".".join(each) for each in unknown)
        raise BackupError(f"this code is older and does not know {names}: update Trolley")
    return header


def running_servers() -> int:
    """Return how many processes of a server have used this database in the last seconds."""
    if "live_processcounts" not in connection.introspection.table_names():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM live_processcounts WHERE stopped_at IS NULL AND written_at > %s",
            [timezone.now() - ALIVE],
        )
        return int(cursor.fetchone()[0])


def restore(path: Path, advance: Advance = lambda done, total: None) -> Path | None:
    """Restore a file that `check_restorable` has read.

    Returns the file with the SQLite database that was there before. On PostgreSQL, it is one
    transaction, and what was there before is gone.
    """
    if connection.vendor == "sqlite":
        with replaced_database() as kept:
            _load(path, advance)
        return kept
    with transaction.atomic():
        _drop_tables()
        _load(path, advance)
    return None


def _load(path: Path, advance: Advance) -> None:
    """Fill an empty database: with the tables of the time of the backup, then migrate it."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        header = read_header(stream)
        executor = MigrationExecutor(connection)
        executor.migrate(tables.newest_of_each_app(header.migrations))
        known = {tables.label_of(model): model for model in tables.models_at(header.migrations)}
        with transaction.atomic():
            _check_references("DEFERRED")  # rows come before those that they refer to
            for model in known.values():
                with connection.cursor() as cursor:  # a migration may have added rows
                    table_name = connection.ops.quote_name(model._meta.db_table)
                    cursor.execute(f"DELETE FROM {table_name}")  # noqa: S608
            done = 0
            for table, rows in _tables(read_tables(stream, header)):
                if table.name not in known:
                    raise BackupError(f"the table {table.name} is not one of its migrations")
                for number in _insert(known[table.name], table, rows):
                    done += number
                    advance(done, header.rows)
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(no_style(), [*known.values()]):
                    cursor.execute(statement)
            # PostgreSQL changes no table while it still has to check rows of it.
            _check_references("IMMEDIATE")
    call_command("migrate", interactive=False, verbosity=0)


def _tables(
    content: Iterator[Table | list[Any]],
) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
    """Group the rows by their table. The rows of one must be read before the next table."""
    for table in content:
        assert isinstance(table, Table)
        yield table, (_row(next(content)) for _ in range(table.rows))


def _row(content: Table | list[Any]) -> list[Any]:
    assert isinstance(content, list)
    return content


def _insert(model: type[models.Model], table: Table, rows: Iterator[list[Any]]) -> Iterator[int]:
    by_name = {field.attname: field for field in tables.fields_of(model)}
    if unknown := sorted(set(table.fields) - set(by_name)):
        raise BackupError(f"{table.name} has no field {', '.join(unknown)}")
    for field in by_name.values():
        if isinstance(field, models.DateField):  # they keep the time of the backup
            field.auto_now = field.auto_now_add = False
    readers = [_reader(by_name[name]) for name in table.fields]
    while chunk := list(islice(rows, CHUNK)):
        values = ([read(value) for read, value in zip(readers, row, strict=True)] for row in chunk)
        objects = [model(**dict(zip(table.fields, row, strict=True))) for row in values]
        # It sends no signals and calls no save(): the rows are recorded already.
        model._base_manager.bulk_create(objects)
        yield len(objects)


def _reader(field: models.Field) -> Callable[[Any], Any]:  # type: ignore[type-arg]
    if isinstance(field, models.ForeignKey):
        return field.target_field.to_python
    return field.to_python


def _check_references(when: Literal["DEFERRED", "IMMEDIATE"]) -> None:
    """Let PostgreSQL check foreign keys at the end of the transaction, or now and at once.

    A migration may have set one of the two. SQLite checks them at the end.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL {when}")


def _drop_tables() -> None:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")
