"""How much the database stores, and how much room its disk has. Called in a database thread."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from live.history.gauge_history import first_hour
from live.metrics.disk_room import GROWTH_WINDOW, StoredSize

STORED_GAUGE = "stored_bytes"
"""The gauge of the rollups that has the size of what is stored."""


class StorageReading(NamedTuple):
    """Sizes in bytes. `stored` is without the pages that the database can use again.

    What is None is not known: PostgreSQL may be on another machine, and does not say what
    its disk has.
    """

    at: float
    stored: int
    size: int
    wal: int | None = None
    reusable: int = 0
    free: int | None = None
    total: int | None = None
    checkpoint_at: float | None = None


def read_storage() -> StorageReading:
    """Return the sizes of now."""
    return _sqlite() if connection.vendor == "sqlite" else _postgresql()


def read_first_size(now: float) -> StoredSize | None:
    """Return what was stored at the begin of the history, or a week ago."""
    first = first_hour(STORED_GAUGE, now - GROWTH_WINDOW)
    return None if first is None else StoredSize(*first)


def _sqlite() -> StorageReading:
    with connection.cursor() as cursor:
        pages, unused, page_size = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    stored, reusable = (pages - unused) * page_size, unused * page_size
    path = Path(connection.settings_dict["NAME"])
    if not path.is_file():  # in memory
        return StorageReading(time.time(), stored, stored + reusable)
    wal, disk, file = (
        path.with_name(f"{path.name}-wal"),
        shutil.disk_usage(path.parent),
        path.stat(),
    )
    return StorageReading(
        at=time.time(),
        stored=stored,
        size=file.st_size,
        wal=wal.stat().st_size if wal.is_file() else 0,
        reusable=reusable,
        free=disk.free,
        total=disk.total,
        # With a write-ahead log, only a checkpoint writes the file itself.
        checkpoint_at=file.st_mtime,
    )


def _postgresql() -> StorageReading:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    return StorageReading(time.time(), size, size)
