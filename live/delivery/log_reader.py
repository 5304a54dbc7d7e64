"""Shares the readings of one list between its subscribers.

When two thousand sockets resume on one list, all of them need the same rows. So
there is one query at a time, and its result is kept while it is usable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.delivery.readings import EncodedSnapshot, Tail

T = TypeVar("T")

MAX_READ_ATTEMPTS = 3
"""Queries until a tail is usable: the one in progress may be for another position."""


class _RequestedTail(NamedTuple):
    """A tail, and the version from which it was requested. It may begin after that."""

    tail: Tail
    since: int


class LogReader:
    """The shared readings of one list, while this process watches the list.

    A kept reading is usable as long as the caller has all changes after it:
    `min_version` is the oldest version for which the caller has them.
    """

    def __init__(self, list_id: UUID) -> None:
        self._list_id = list_id
        self._tail: _RequestedTail | None = None
        self._snapshot: EncodedSnapshot | None = None
        self._in_flight: dict[str, asyncio.Future[Any]] = {}

    def forget(self) -> None:
        """Keep nothing that was read before, nor the result of a reading that has not ended."""
        self._tail = self._snapshot = None
        self._in_flight = {}

    async def tail(self, *, epoch: str, since: int, min_version: int) -> Tail:
        """Return changes up to `min_version` and `since` at least, after `since` if possible."""
        requested = self._tail
        for _ in range(MAX_READ_ATTEMPTS):
            if requested is not None and _is_usable(requested, epoch, since, min_version):
                break
            # A second position: read everything that can be resumed, once for all clients.
            read_all = requested is not None and requested.tail.epoch == epoch
            read = partial(self._read_tail, epoch, 0 if read_all else since)
            requested = await self._single_flight("tail", read)
        assert requested is not None
        return requested.tail

    async def snapshot(self, *, epoch: str | None, min_version: int) -> EncodedSnapshot | None:
        """Return the whole list at `min_version` or later; None if it does not exist."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.epoch != epoch or snapshot.version < min_version:
            return await self._single_flight("snapshot", self._read_snapshot)
        return snapshot

    async def _read_tail(self, epoch: str, since: int) -> _RequestedTail:
        flights = self._in_flight
        _, tail = await run_in_db_thread(
            change_log.read_tail, self._list_id, epoch=epoch, since=since
        )
        requested = _RequestedTail(tail, since)
        if self._in_flight is flights:
            self._tail = requested
        return requested

    async def _read_snapshot(self) -> EncodedSnapshot | None:
        flights = self._in_flight
        snapshot = await run_in_db_thread(change_log.read_snapshot, self._list_id)
        if self._in_flight is flights:
            self._snapshot = snapshot
        return snapshot

    async def _single_flight(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        flights = self._in_flight
        flight = flights.get(name)
        if flight is None:
            flight = flights[name] = asyncio.ensure_future(read())
            flight.add_done_callback(partial(_end_flight, flights, name))
        # One of the waiting callers may be cancelled. The others still need the result.
        result: T = await asyncio.shield(flight)
        return result


def _end_flight(
    flights: dict[str, asyncio.Future[Any]], name: str, flight: asyncio.Future[Any]
) -> None:
    flights.pop(name, None)
    if not flight.cancelled():
        flight.exception()  # if all callers were cancelled, asyncio would log it with a traceback


def _is_usable(requested: _RequestedTail, epoch: str, since: int, min_version: int) -> bool:
    tail = requested.tail
    begins_in_time = min(tail.since, requested.since) <= since
    return tail.epoch == epoch and tail.version >= max(min_version, since) and begins_in_time
