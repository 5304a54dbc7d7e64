"""Reads database, disk and Redis, off the event loop and only as often as needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from live.cpu_meter import CpuMeter
from live.db_threads import run_in_db_thread
from live.intervals import Intervals
from live.metrics.database_reading import DatabaseReading, read_database, read_history_size
from live.metrics.disk_room import StoredSize
from live.metrics.redis_reading import RedisReading, read_redis
from live.metrics.storage_reading import StorageReading, read_first_size, read_storage
from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)


class Readings(NamedTuple):
    """The newest readings. Those of database and Redis are None while nobody looks."""

    storage: StorageReading | None = None
    first_size: StoredSize | None = None
    history_bytes: int | None = None
    database: DatabaseReading | None = None
    transactions_per_second: float | None = None
    redis: RedisReading | None = None


class MachineMonitor:
    """Keeps the newest readings. It decides when to read, and nothing else.

    The sizes are read once a minute, because their growth is part of the history; everything
    is read every few seconds while the topic is watched. `redis` returns the connection of the
    channel layer, or None.
    """

    def __init__(
        self, *, redis: Callable[[], Any | None], dashboard_cpu: CpuMeter, intervals: Intervals
    ) -> None:
        self._redis = redis
        self._dashboard_cpu = dashboard_cpu
        self._intervals = intervals
        self._task: asyncio.Task[None] | None = None
        self._read_at = self._history_read_at = self._growth_read_at = float("-inf")
        self.readings = Readings()

    def tick(self, now: float, *, is_watched: bool) -> None:
        """Begin a reading if one is due. It is called once a second."""
        if self._task is not None and not self._task.done():
            return  # the database is slow: another question does not make it faster
        if not is_watched:
            self.readings = self.readings._replace(
                database=None, transactions_per_second=None, redis=None
            )
        intervals = self._intervals
        interval = intervals.health_interval if is_watched else intervals.storage_interval
        if now - self._read_at >= interval:
            self._read_at = now
            self._task = asyncio.ensure_future(self._read(now, is_watched=is_watched))

    async def stop(self) -> None:
        """Stop a reading that is at work."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self, now: float, *, is_watched: bool) -> None:
        if is_watched:
            redis = self._redis()
            if redis is not None:
                self.readings = self.readings._replace(redis=await read_redis(redis))
        try:
            await self._read_sizes(now)
            if is_watched:
                await self._read_database()
                await self._read_history_size(now)
        except Exception as error:
            # What was read before stays, with its time.
            is_unknown = database_trouble(error) is None
            logger.warning("the database could not be read: %r", error, exc_info=is_unknown)

    async def _read_sizes(self, now: float) -> None:
        storage = await self._in_thread(read_storage)
        self.readings = self.readings._replace(storage=storage)
        if now - self._growth_read_at >= self._intervals.growth_interval:
            self._growth_read_at = now
            first_size = await self._in_thread(read_first_size, storage.at)
            self.readings = self.readings._replace(first_size=first_size)

    async def _read_history_size(self, now: float) -> None:
        if now - self._history_read_at >= self._intervals.storage_interval:
            self._history_read_at = now
            history_bytes = await self._in_thread(read_history_size)
            self.readings = self.readings._replace(history_bytes=history_bytes)

    async def _read_database(self) -> None:
        before, database = self.readings.database, await self._in_thread(read_database)
        self.readings = self.readings._replace(
            database=database, transactions_per_second=_rate(before, database)
        )

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await run_in_db_thread(self._dashboard_cpu.measured(function), *args)


def _rate(before: DatabaseReading | None, now: DatabaseReading) -> float | None:
    """Return the transactions a second between two readings."""
    if before is None or before.transactions is None or now.transactions is None:
        return None
    seconds = now.at - before.at
    return max(0, now.transactions - before.transactions) / seconds if seconds > 0 else None
