"""What the database itself says of its work. Called in a database thread."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, Literal, NamedTuple

from django.db import DatabaseError, connection

from live import models
from live.metrics.health import MAX_WRITE_WAIT

HISTORY_MODELS = (models.ProcessCounts, models.Rollup, models.Mark, models.HistoryState)

_ACTIVITY = """
SELECT split_part(current_setting('server_version'), ' ', 1),
       count(*),
       current_setting('max_connections')::int,
       count(*) FILTER (WHERE wait_event_type = 'Lock'),
       (SELECT xact_commit + xact_rollback FROM pg_stat_database
        WHERE datname = current_database())
FROM pg_stat_activity WHERE datname = current_database()
"""


class DatabaseReading(NamedTuple):
    """The figures of one moment. What is None is not known for this kind of database.

    `lock_wait_ms` is how long a writer waited for the lock of SQLite just now.
    `transactions` counts since the server began.
    """

    at: float
    kind: Literal["SQLite", "PostgreSQL"]
    version: str
    round_trip_ms: float
    connections: int | None = None
    max_connections: int | None = None
    lock_waiters: int | None = None
    lock_wait_ms: float | None = None
    transactions: int | None = None
    checkpoint_at: datetime | None = None


def read_database() -> DatabaseReading:
    """Ask the database. Raises DatabaseError if it does not answer."""
    round_trip_ms = _round_trip_ms()
    if connection.vendor == "sqlite":
        return DatabaseReading(
            at=time.time(),
            kind="SQLite",
            version=sqlite3.sqlite_version,
            round_trip_ms=round_trip_ms,
            lock_wait_ms=_lock_wait_ms(),
        )
    version, connections, max_connections, lock_waiters, transactions = _row(_ACTIVITY)
    return DatabaseReading(
        at=time.time(),
        kind="PostgreSQL",
        version=version,
        round_trip_ms=round_trip_ms,
        connections=connections,
        max_connections=max_connections,
        lock_waiters=lock_waiters,
        transactions=transactions,
        checkpoint_at=_checkpoint_at(),
    )


def read_history_size() -> int:
    """Return the bytes that the history of the dashboard takes in the database."""
    if connection.vendor != "sqlite":
        tables = [model._meta.db_table for model in HISTORY_MODELS]
        (size,) = _row(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name",
            [tables],
        )
        return int(size)
    # Without the tree of pages around the rows, which SQLite does not tell.
    rollups, counts = (
        _row(f"SELECT coalesce(sum({columns}), 0) FROM {model._meta.db_table}")[0]  # noqa: S608
        for model, columns in (
            (models.Rollup, "length(content)"),
            (
                models.ProcessCounts,
                "length(counts) + length(topics) + length(pending) + length(rolled_up)",
            ),
        )
    )
    return int(rollups) + int(counts)


def _row(sql: str, parameters: Sequence[Any] = ()) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def _round_trip_ms() -> float:
    connection.ensure_connection()
    started_at = perf_counter()
    _row("SELECT 1")
    return (perf_counter() - started_at) * 1000


def _lock_wait_ms() -> float | None:
    """Take the lock of the writers, write nothing, and return how long that took."""
    database: Any = connection
    started_at = perf_counter()
    try:
        with database.waiting_at_most(MAX_WRITE_WAIT):
            return (perf_counter() - started_at) * 1000
    except DatabaseError:
        waited = perf_counter() - started_at
        # It is not the lock if there was no wait: the database cannot be written.
        return waited * 1000 if waited >= MAX_WRITE_WAIT / 2 else None


def _checkpoint_at() -> datetime | None:
    allowed, *_ = _row("SELECT has_function_privilege('pg_control_checkpoint()', 'execute')")
    if not allowed:
        return None
    (at,) = _row("SELECT checkpoint_time FROM pg_control_checkpoint()")
    return at if isinstance(at, datetime) else None
