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
from django.db import InterfaceError, OperationalError

from rest.database_errors import Trouble, database_trouble

P = ParamSpec("P")
T = TypeVar("T")

MAX_THREADS = 4
"""Each of them keeps its connection to the database."""

_executor = ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix="live-db")


async def run_in_db_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the database, on a connection that works.

    If the connection was lost meanwhile, the function runs again, on a new one. So a second
    run must have no other effect than the first: all of them read, or write what is missing.
    """
    run = database_sync_to_async(function, thread_sensitive=False, executor=_executor)
    result: T
    try:
        result = await run(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        if database_trouble(error) is not Trouble.CONNECTION_LOST:
            raise
        result = await run(*args, **kwargs)
    return result
