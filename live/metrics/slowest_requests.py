"""The slowest requests of the last minutes, of each route. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from heapq import heappush, heapreplace, nlargest
from itertools import count

from live.metrics.route_totals import RouteKey
from live.protocol.frames import EndedRequest

MINUTES = 5
SECONDS_PER_MINUTE = 60
MAX_PER_ROUTE = 5
"""Requests of one route that are kept of each minute, and that are shown of all of them."""
MAX_SHOWN = 20
"""The slowest requests of all routes that are shown."""
MAX_IN_FRAME = 100

Heap = list[tuple[float, int, EndedRequest]]


class SlowestRequests:
    """Keeps the slowest requests of each route, of this minute and of those before it."""

    def __init__(self) -> None:
        self._minutes: deque[dict[RouteKey, Heap]] = deque([{}], maxlen=MINUTES + 1)
        self._seconds = 0
        self._numbers = count()

    def add(self, key: RouteKey, milliseconds: float, entry: Callable[[], EndedRequest]) -> None:
        """Keep a request if it is slow enough. Only then `entry` is called."""
        heap = self._minutes[-1].setdefault(key, [])
        if len(heap) < MAX_PER_ROUTE:
            # The number decides between equal times: entries have no order.
            heappush(heap, (milliseconds, next(self._numbers), entry()))
        elif milliseconds > heap[0][0]:
            heapreplace(heap, (milliseconds, next(self._numbers), entry()))

    def tick(self) -> None:
        """Note that a second has passed. After a minute the oldest one is dropped."""
        self._seconds += 1
        if self._seconds % SECONDS_PER_MINUTE == 0:
            self._minutes.append({})

    def entries(self) -> tuple[EndedRequest, ...]:
        """Return the slowest of all routes and of each route."""
        heaps = (heap for minute in self._minutes for heap in minute.values())
        return select(entry for heap in heaps for _, _, entry in heap)


def select(entries: Iterable[EndedRequest]) -> tuple[EndedRequest, ...]:
    """Return the slowest of all routes, and the slowest of each route as far as they fit."""
    ordered = nlargest(len(known := list(entries)), known, key=lambda entry: entry.ms)
    shown, per_route = ordered[:MAX_SHOWN], dict[tuple[str, str], int]()
    for rank, entry in enumerate(ordered):
        key = (entry.method, entry.route)
        per_route[key] = per_route.get(key, 0) + 1
        if rank >= MAX_SHOWN and per_route[key] <= MAX_PER_ROUTE:
            shown.append(entry)
    return tuple(shown[:MAX_IN_FRAME])


def is_recent(entry: EndedRequest, now: datetime) -> bool:
    """Tell whether a request belongs to the last minutes."""
    return now - entry.at < timedelta(minutes=MINUTES)
