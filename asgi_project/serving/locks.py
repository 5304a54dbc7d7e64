"""Locks between processes: file locks in the data directory, and locks in PostgreSQL."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from asgi_project.data_directory import DIRECTORY_MODE

# An arbitrary number; no other program may use it in the same database.
MIGRATION_LOCK_ID = 0x7401_1E47


class LockHeldError(Exception):
    """Another process holds the lock."""


class UnwritableError(Exception):
    """The data directory is not writable; the message gives the reason in one line."""


@contextmanager
def file_lock(path: Path, *, mode: int) -> Iterator[None]:
    """Hold `fcntl.flock` on a file, which is created if it is missing.

    The kernel releases the lock if this process dies. Raises LockHeldError if `mode`
    includes LOCK_NB and another process holds the lock, and UnwritableError.
    """
    try:
        path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnwritableError(f"cannot write to {path.parent}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, mode)
        yield
    except BlockingIOError:
        raise LockHeldError from None
    finally:
        os.close(descriptor)


@contextmanager
def migration_lock(data_dir: Path) -> Iterator[None]:
    """Allow one process at a time to migrate; the others wait."""
    if connection.vendor != "postgresql":
        with file_lock(data_dir / "migrate.lock", mode=fcntl.LOCK_EX):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK_ID])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK_ID])
