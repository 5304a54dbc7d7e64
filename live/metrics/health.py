"""Whether this process can serve requests."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F

Status = Literal["ready", "degraded", "unready"]

WRITE_INTERVAL = 5.0
"""Seconds between two attempts to write: anybody may ask, and a write costs the disk work."""
MAX_WRITE_WAIT = 1.0
"""Seconds that the attempt waits for other writers."""
MIN_FREE_BYTES = 1024 * 1024


class DatabaseHealth(NamedTuple):
    """What the database can do."""

    reachable: bool = False
    migrated: bool = False
    writable: bool = False


class Health(NamedTuple):
    """The state of each part. A process without the channel layer still serves requests."""

    database: bool
    migrations: bool
    writable: bool
    layer: bool
    draining: bool

    @property
    def status(self) -> Status:
        """The overall state. While `degraded`, changes arrive by reconciling."""
        if self.draining or not (self.database and self.migrations and self.writable):
            return "unready"
        return "ready" if self.layer else "degraded"

    def body(self) -> dict[str, Any]:
        """Return the JSON values of the response. They contain nothing that must stay secret."""
        return {"status": self.status, **self._asdict()}


class _WriteAttempt(NamedTuple):
    """The last attempt to write. Threads may replace it at the same time: both are true."""

    at: float = float("-inf")
    succeeded: bool = False


_is_migrated = False
_last_attempt = _WriteAttempt()


def check_database(*, max_age: float | None = WRITE_INTERVAL) -> DatabaseHealth:
    """Return what the database can do. Uses the database.

    An attempt to write counts for `max_age` seconds, and then there is a new one; None: for
    ever, unless it failed.
    """
    global _is_migrated  # noqa: PLW0603  (a migrated database stays migrated)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated:
            executor = MigrationExecutor(connection)
            _is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        return DatabaseHealth()
    return DatabaseHealth(reachable=True, migrated=_is_migrated, writable=_can_write(max_age))


def _can_write(max_age: float | None) -> bool:
    """Return whether the last attempt to write succeeded; make a new one if it is old."""
    global _last_attempt  # noqa: PLW0603
    if max_age is None:
        if _last_attempt.succeeded or _last_attempt.at == float("-inf"):
            return True
        max_age = WRITE_INTERVAL
    if time.monotonic() >= _last_attempt.at + max_age:
        succeeded = _try_to_write()
        _last_attempt = _WriteAttempt(time.monotonic(), succeeded)
    return _last_attempt.succeeded


def _has_room() -> bool:
    """Tell whether the disk of SQLite has room for a change: a small one fits into old pages."""
    if connection.vendor != "sqlite":
        return True
    return shutil.disk_usage(Path(connection.settings_dict["NAME"]).parent).free >= MIN_FREE_BYTES


def _try_to_write() -> bool:
    """Write a row as it is, and commit: only that shows a disk that fails."""
    if not _has_room():
        return False
    database: Any = connection
    rows = MigrationRecorder(connection).migration_qs.order_by("pk")
    try:
        with database.waiting_at_most(MAX_WRITE_WAIT):
            rows.filter(pk__in=rows.values("pk")[:1]).update(app=F("app"))
    except DatabaseError:
        return False
    return True
