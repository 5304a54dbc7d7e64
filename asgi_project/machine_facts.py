"""Measures this installation: its settings, database, Redis, disk and backups."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from asgi_project import redis_hosts
from asgi_project.backup import backup_files
from asgi_project.serving.migrations import unknown_migrations
from live.doctor.machine_findings import MachineFacts
from live.metrics import health

REDIS_TIMEOUT = 3.0
"""Seconds."""
_VENDORS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def measure(*, url: str, is_running: bool) -> MachineFacts:
    """Return the facts. `url` is the address on this machine that was asked."""
    data = Path(settings.DATA_DIR)
    return MachineFacts(
        warnings=settings.ENVIRONMENT_WARNINGS,
        data=str(data),
        free_bytes=shutil.disk_usage(_existing(data)).free,
        is_data_writable=os.access(_existing(data), os.W_OK),
        backups=str(data / backup_files.FOLDER),
        backup_age=_backup_age(data / backup_files.FOLDER),
        url=url,
        is_running=is_running,
        **_database(),
        **_redis(),
    )


def _database() -> dict[str, Any]:
    facts: dict[str, Any] = {"database": _VENDORS.get(connection.vendor, connection.vendor)}
    try:
        executor = MigrationExecutor(connection)
    except Exception as error:  # the driver's own errors too
        return facts | {"database_error": " ".join(str(error).split())}
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    # A database without tables has no row to write.
    is_writable = (
        not executor.loader.applied_migrations or health.check_database(max_age=0.0).writable
    )
    return facts | {
        "is_writable": is_writable,
        "missing_migrations": len(plan),
        "unknown_migrations": unknown_migrations(executor.loader),
    }


def _redis() -> dict[str, Any]:
    if not settings.REDIS_URL:
        return {}
    asked_at = time.monotonic()
    try:
        with redis_hosts.connected(settings.REDIS_URL, timeout=REDIS_TIMEOUT) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return {"uses_redis": True, "redis_error": " ".join(str(error).split())}
    return {"uses_redis": True, "redis_ms": (time.monotonic() - asked_at) * 1000}


def _backup_age(folder: Path) -> float | None:
    with suppress(OSError):
        times = [path.stat().st_mtime for path in folder.iterdir()]
        if times:
            return max(0.0, time.time() - max(times))
    return None


def _existing(path: Path) -> Path:
    """Return the path, or its nearest parent that exists."""
    return next(each for each in (path, *path.parents) if each.exists())
