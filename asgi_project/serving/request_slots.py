"""Who may have a request at work, and who waits: a slot for each thread, few for each client."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import Any

MAX_PER_USER = 3
"""Requests of one user that are at work in a process at the same time."""
MAX_PER_NETWORK = 4
"""Requests of the strangers of one network that are at work in a process at the same time."""
LIMITS = {"user": MAX_PER_USER, "address": MAX_PER_NETWORK}
MAX_WAITING = 100
"""Requests of one client that wait for a slot; further ones are refused."""
MAX_WAITING_BYTES = 16 * 1024 * 1024
"""The bodies of all waiting requests of a process together."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class BusyError(Exception):
    """The client has too many requests that wait."""


class RequestSlots:
    """Gives slots to waiting clients in turn. It knows neither threads nor event loops.

    A client is a key of rest/throttles.py: a user, or the strangers of a network. What
    waits is any object; `release` returns the one that gets the slot.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._at_work: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[tuple[object, int]]] = OrderedDict()
        self._waiting_bytes = 0

    def take(self, key: str) -> bool:
        """Take a slot; return False if the client has to wait."""
        if not self._free or self._at_work[key] >= _limit(key):
            return False
        self._free -= 1
        self._at_work[key] += 1
        return True

    def wait(self, key: str, waiter: object, size: int) -> None:
        """Add a waiter with a body of this many bytes. Raises BusyError."""
        queue = self._waiting.get(key, ())
        if len(queue) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise BusyError
        self._waiting.setdefault(key, deque()).append((waiter, size))
        self._waiting_bytes += size

    def give_up(self, key: str, waiter: object) -> None:
        """Remove a waiter that has no slot yet."""
        for entry in self._waiting.get(key, ()):
            if entry[0] is waiter:
                self._remove(key, entry)
                return

    def release(self, key: str) -> object | None:
        """Return a slot; give it to the next waiter, and return that one."""
        self._free += 1
        self._at_work[key] -= 1
        if not self._at_work[key]:
            del self._at_work[key]
        for candidate, queue in self._waiting.items():
            if self.take(candidate):
                waiter = queue[0][0]
                self._remove(candidate, queue[0])
                return waiter
        return None

    @property
    def waiting_count(self) -> int:
        """The number of waiting requests."""
        return sum(map(len, self._waiting.values()))

    def _remove(self, key: str, entry: tuple[object, int]) -> None:
        queue = self._waiting[key]
        queue.remove(entry)
        self._waiting_bytes -= entry[1]
        if queue:
            self._waiting.move_to_end(key)  # the others have their turn first
        else:
            del self._waiting[key]


def _limit(key: str) -> float:
    kind, colon, _ = key.partition(":")
    return LIMITS[kind] if colon else inf


class Slot:
    """The slot of one request. Its thread returns it, also if the request was cancelled."""

    __slots__ = ("_key", "_loop", "_slots", "is_started")

    def __init__(self, slots: RequestSlots, key: str) -> None:
        self._slots: RequestSlots | None = slots
        self._key = key
        self._loop = asyncio.get_running_loop()
        self.is_started = False

    def release_from_thread(self) -> None:
        """Return the slot on its event loop."""
        self._loop.call_soon_threadsafe(self.release)

    def release(self) -> None:
        """Return the slot, once, and wake the request that gets it."""
        slots, self._slots = self._slots, None
        turn = slots.release(self._key) if slots is not None else None
        if isinstance(turn, asyncio.Future):
            turn.set_result(None)


async def acquire(slots: RequestSlots, key: str, receive: Receive, size: int) -> Slot | None:
    """Wait for a slot; return None if the client disconnects meanwhile.

    `size` is the length of the body. Raises BusyError. A request that need not wait is
    not watched: the client of a request at work is noticed when it is answered.
    """
    if slots.take(key):
        return Slot(slots, key)
    turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    slots.wait(key, turn, size)
    disconnect = asyncio.ensure_future(receive())
    is_connected = False
    try:
        await asyncio.wait((turn, disconnect), return_when=asyncio.FIRST_COMPLETED)
        is_connected = not disconnect.done()
    finally:
        disconnect.cancel()
        slots.give_up(key, turn)
        slot = Slot(slots, key) if turn.done() else None
        if slot is not None and not is_connected:
            slot.release()
    return slot if is_connected else None
