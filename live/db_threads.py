"""Where the live side's database work runs: threads of its own, and few of them.

Channels runs everything on one shared thread, so one slow query freezes every
socket. Here it holds up one of a few threads, and nothing that needs no database.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async  # type: ignore[import-untyped]

P = ParamSpec("P")
T = TypeVar("T")

MAX_THREADS = 4
"""Fewer than the database's own pool, which requests share."""

_threads = ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix="live-db")


async def run_in_db_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that uses the database, with connections opened and closed for it."""
    run = database_sync_to_async(work, thread_sensitive=False, executor=_threads)
    result: T = await run(*args, **kwargs)
    return result
