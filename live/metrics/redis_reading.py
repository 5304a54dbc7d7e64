"""What Redis says of itself, over the connection of the channel layer."""

from __future__ import annotations

import asyncio
import time
from time import perf_counter
from typing import Any, NamedTuple

TIMEOUT = 2.0
"""Seconds that Redis may take to answer."""


class RedisReading(NamedTuple):
    """The figures of one moment; all but `answers` are None if Redis does not answer."""

    at: float
    answers: bool
    version: str | None = None
    memory_bytes: int | None = None
    clients: int | None = None
    round_trip_ms: float | None = None


async def read_redis(redis: Any) -> RedisReading:
    """Ask Redis. It raises nothing."""
    try:
        async with asyncio.timeout(TIMEOUT):
            started_at = perf_counter()
            await redis.ping()
            round_trip_ms = (perf_counter() - started_at) * 1000
            # In one call for each section: Redis before 7 takes one section only.
            server, memory, clients = [
                await redis.info(section) for section in ("server", "memory", "clients")
            ]
    except Exception:
        return RedisReading(time.time(), answers=False)
    return RedisReading(
        at=time.time(),
        answers=True,
        version=str(server.get("redis_version", "")),
        memory_bytes=memory.get("used_memory"),
        clients=clients.get("connected_clients"),
        round_trip_ms=round_trip_ms,
    )
