"""A lock between transactions that have no row in common to lock."""

from __future__ import annotations

from django.db import connection


def lock_until_commit(lock_id: int) -> None:
    """Wait for the other transactions with this lock, and keep it to the end of this one.

    On SQLite all transactions that write wait for each other anyway. `lock_id` is an
    arbitrary number that no other program may use in the same database.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id])
