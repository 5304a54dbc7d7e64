"""Shares the readings of one list between its subscribers.

When two thousand sockets resume on one list, all of them need the same rows. So
there is one query at a time, and its result is kept while it is usable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.delivery.readings import EncodedSnapshot, Tail

MAX_READ_ATTEMPTS = 3
"""Queries until a tail is usable: the one in progress may be for another position."""


class LogReader:
    """The shared readings of one list, while this process watches the list.

    A kept reading is usable as long as the caller has all changes after it:
    `min_version` is the oldest version for which the caller has them.
    """

    def __init__(self, list_id: UUID) -> None:
        self._list_id = list_id
        self._tail: Tail | None = None
        self._tail_requested_since = 0
        """The position from which the kept tail was requested. The tail may begin after it."""
        self._snapshot: EncodedSnapshot | None = None
        self._in_flight: dict[str, asyncio.Future[None]] = {}

    async def tail(self, *, epoch: str, since: int, min_version: int) -> Tail:
        """Return changes up to `min_version` and `since` at least, after `since` if possible."""
        for _ in range(MAX_READ_ATTEMPTS):
            tail = self._tail
            if tail is not None and self._is_usable(tail, epoch, since, min_version):
                break
            # A second position: read everything that can be resumed, once for all clients.
            read_all = tail is not None and tail.epoch == epoch
            await self._single_flight(
                "tail", partial(self._read_tail, epoch, 0 if read_all else since)
            )
        assert self._tail is not None
        return self._tail

    async def snapshot(self, *, epoch: str | None, min_version: int) -> EncodedSnapshot | None:
        """Return the whole list at `min_version` or later; None if it does not exist."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.epoch != epoch or snapshot.version < min_version:
            await self._single_flight("snapshot", self._read_snapshot)
        return self._snapshot

    def _is_usable(self, tail: Tail, epoch: str, since: int, min_version: int) -> bool:
        begins_in_time = min(tail.since, self._tail_requested_since) <= since
        return tail.epoch == epoch and tail.version >= max(min_version, since) and begins_in_time

    async def _read_tail(self, epoch: str, since: int) -> None:
        _, self._tail = await run_in_db_thread(
            change_log.read_tail, self._list_id, epoch=epoch, since=since
        )
        self._tail_requested_since = since

    async def _read_snapshot(self) -> None:
        self._snapshot = await run_in_db_thread(change_log.read_snapshot, self._list_id)

    async def _single_flight(self, name: str, read: Callable[[], Awaitable[None]]) -> None:
        flight = self._in_flight.get(name)
        if flight is None:
            flight = self._in_flight[name] = asyncio.ensure_future(read())
            flight.add_done_callback(lambda _: self._in_flight.pop(name, None))
        # One of the waiting callers may be cancelled. The others still need the result.
        await asyncio.shield(flight)
