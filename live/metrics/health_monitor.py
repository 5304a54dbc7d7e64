"""The health of the database for the verdict, read every few seconds off the event loop."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.db import DatabaseError, connection

from live.db_threads import run_in_db_thread
from live.intervals import Intervals
from live.metrics import health
from live.metrics.health import DatabaseHealth
from live.metrics.verdict import DatabaseState, LastEdit
from shopping_list.models import Activity


class Reading(NamedTuple):
    """What one check read. `free_bytes` is None if the database is on another machine."""

    database: DatabaseHealth
    last_edit: LastEdit | None
    free_bytes: int | None


class HealthMonitor:
    """Keeps the last reading. It decides nothing but whether the database answers.

    `is_needed` says whether the verdict reaches a person: only then it is worth writing to
    the disk to find out whether that works.
    """

    def __init__(self, *, is_needed: Callable[[], bool], intervals: Intervals) -> None:
        self._is_needed = is_needed
        self._intervals = intervals
        self._asked_at: float | None = None
        self._reading: Reading | None = None

    async def check(self) -> None:
        """Read the database once."""
        max_age = self._intervals.write_check_interval if self._is_needed() else None
        self._asked_at = time.monotonic()
        try:
            reading = await run_in_db_thread(read, max_age)
        finally:
            self._asked_at = None
        if not reading.database.reachable and self._reading is not None:
            reading = reading._replace(
                last_edit=self._reading.last_edit, free_bytes=self._reading.free_bytes
            )
        self._reading = reading

    def database(self, now: float) -> DatabaseState:
        """Return the state of the database: an answer that is late is none."""
        is_late = self._asked_at is not None and (
            now - self._asked_at >= self._intervals.health_timeout
        )
        if is_late or (self._reading is not None and not self._reading.database.reachable):
            return "down"
        is_writable = self._reading is None or self._reading.database.writable
        return "working" if is_writable else "read_only"

    @property
    def last_edit(self) -> LastEdit | None:
        """The newest change of all lists, as of the last check."""
        return self._reading and self._reading.last_edit

    @property
    def free_bytes(self) -> int | None:
        """The free bytes of the disk of SQLite, as of the last check."""
        return self._reading and self._reading.free_bytes


def read(max_write_age: float | None) -> Reading:
    """Check the database. It is called in a database thread."""
    database = health.check_database(max_age=max_write_age)
    if not database.reachable:
        return Reading(database, None, None)
    return Reading(database, _last_edit(), _free_bytes())


def _last_edit() -> LastEdit | None:
    try:
        newest = Activity.objects.order_by("-pk").values_list("at", "actor_name").first()
    except DatabaseError:
        return None  # not migrated yet
    return None if newest is None else LastEdit(newest[0].timestamp(), newest[1])


def _free_bytes() -> int | None:
    if connection.vendor != "sqlite":
        return None
    path = Path(connection.settings_dict["NAME"])
    return shutil.disk_usage(path.parent).free if path.is_file() else None
