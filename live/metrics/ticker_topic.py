"""The topic `ops:ticker`: each request as it ends, only while the topic is watched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from live.metrics.route_meter import MAX_TICKER_ENTRIES, RouteMeter
from live.protocol import frames
from live.protocol.topics import TICKER


class _EndedRequests(msgspec.Struct, kw_only=True):
    """The requests that ended in one process since its last message."""

    requests: list[frames.EndedRequest]
    omitted: int


class TickerTopic:
    """Passes on the requests of this process, and joins those of all (DashboardTopic)."""

    name = TICKER

    def __init__(self, meter: RouteMeter) -> None:
        self._meter = meter
        self._received: list[_EndedRequests] = []
        self._current = _EndedRequests(requests=[], omitted=0)

    def local_counts(self, *, everything: bool, is_watched: bool) -> list[Any]:
        """Return the requests that ended since the last call."""
        requests, omitted = self._meter.take_ticker()
        self._meter.is_ticking = is_watched
        if not requests:
            return []
        return [msgspec.to_builtins(_EndedRequests(requests=requests, omitted=omitted))]

    def put(self, process: str, counts: list[Any]) -> None:
        """Store the requests of a process until the next frame."""
        self._received += msgspec.convert(counts, list[_EndedRequests])

    def remove(self, process: str) -> None:
        """Nothing of a process is kept."""

    def advance(self) -> None:
        """Join the requests of all processes, newest first."""
        requests = [request for each in self._received for request in each.requests]
        requests.sort(key=lambda request: request.at, reverse=True)
        omitted = sum(each.omitted for each in self._received)
        self._received.clear()
        self._current = _EndedRequests(
            requests=requests[:MAX_TICKER_ENTRIES],
            omitted=omitted + len(requests[MAX_TICKER_ENTRIES:]),
        )

    def frame(self, at: datetime) -> frames.Ticker:
        """Return the frame for subscribers."""
        current = self._current
        requests = tuple(current.requests)
        return frames.Ticker(topic=TICKER, at=at, requests=requests, omitted=current.omitted)
