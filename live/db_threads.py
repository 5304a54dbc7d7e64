"""A few threads for the database queries of the live package.

Channels runs all database work on one shared thread, so one slow query stops
every socket. Here a slow query occupies one of several threads, and work that
needs no database never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async  # type: ignore[import-untyped]

P = ParamSpec("P")
T = TypeVar("T")

MAX_THREADS = 4
"""Less than the size of the database's connection pool, which the requests share."""

_executor = ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix="live-db")


async def run_in_db_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the database; open and close its connections."""
    run = database_sync_to_async(function, thread_sensitive=False, executor=_executor)
    result: T = await run(*args, **kwargs)
    return result
