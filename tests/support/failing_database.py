"""Real faults of the database that the tests use: nothing is simulated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def read_only() -> Iterator[None]:
    """Make the connection of this thread read-only, as after a failover."""
    on, off = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        ),
    }[connection.vendor]
    _execute(on)
    try:
        yield
    finally:
        _execute(off)


@contextmanager
def disk_full() -> Iterator[None]:
    """Let the file of SQLite not grow any more, and leave no free page in it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ballast (bytes BLOB)")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            while True:
                cursor.execute("INSERT INTO ballast VALUES (zeroblob(900))")
        except Exception as error:
            if "full" not in str(error):
                raise
    try:
        yield
    finally:
        _execute("PRAGMA max_page_count = 1000000")
        _execute("DROP TABLE ballast")


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the write lock of SQLite in another connection, as a backup does."""
    with closing(sqlite3.connect(name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def terminate_others(name: str = "") -> int:
    """End all other connections to the database of PostgreSQL, and wait until they have ended."""
    with psycopg.connect(**_parameters(), autocommit=True) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            [name or connection.settings_dict["NAME"]],
        ).fetchone()
        assert ended is not None
        return int(ended[0])


def _parameters() -> dict[str, Any]:
    settings = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    parameters = {name: settings[key] for name, key in names.items() if settings[key]}
    return parameters | ({"port": settings["PORT"]} if settings["PORT"] else {})


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
