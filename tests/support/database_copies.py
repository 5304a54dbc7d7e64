"""A copy of an installation's database, and putting it back later."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg

from tests.support.databases import SQLITE_FILE

COPY_SCHEMA = "older_copy"


class DatabaseCopy(Protocol):
    """The database as it was when the copy was made."""

    def put_back(self) -> None:
        """Make the database what it was, also while processes use it."""


class SqliteCopy:
    """A copy of the database in a data directory, made by the backup API of SQLite."""

    def __init__(self, data: Path) -> None:
        self._live, self._copy = data / SQLITE_FILE, data / "older.sqlite3"
        _copy_sqlite(self._live, self._copy)

    def put_back(self) -> None:
        _copy_sqlite(self._copy, self._live)


class PostgresCopy:
    """A copy of all tables in another schema of the same database."""

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {COPY_SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {COPY_SCHEMA}")
            for table in _tables(connection):
                connection.execute(
                    f'CREATE TABLE {COPY_SCHEMA}."{table}" AS TABLE public."{table}"'
                )

    def put_back(self) -> None:
        with psycopg.connect(self._url) as connection:
            tables = _tables(connection)
            connection.execute(f"TRUNCATE {', '.join(tables)}")
            connection.execute("SET session_replication_role = replica")  # any order of the tables
            for table in tables:
                connection.execute(
                    f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE '
                    f'SELECT * FROM {COPY_SCHEMA}."{table}"'
                )


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _tables(connection: psycopg.Connection[tuple[str]]) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in rows]
