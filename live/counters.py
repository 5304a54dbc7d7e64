"""The counters of one process: plain numbers. This module does not publish them."""

from __future__ import annotations

import threading
from contextvars import ContextVar

from live.histogram import Histogram

is_request_excluded: ContextVar[bool] = ContextVar("is_request_excluded", default=False)
"""Whether the current request is one that is not counted.

The middleware sets it outside of Django, so the receivers of both request
signals see it. They would not see a value that a receiver sets, because
receivers run in tasks of their own.
"""

request_started_at: ContextVar[float | None] = ContextVar("request_started_at", default=None)
"""When the current request arrived, in seconds of `perf_counter`."""


class Counters:
    """The counts of this process since it started.

    Request threads add to `started`, `finished`, `changes` and `layer_errors`.
    Only the event loop adds to the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.started = 0
        self.finished = 0
        self.changes = 0
        self.in_flight = 0
        self.status = {"1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0}
        self.latency = Histogram()
        self.delivery = Histogram()
        self.delivered = 0
        self.repairs = 0
        self.resumed = 0
        self.snapshots = 0
        self.layer_errors = 0
        self.failed_writes = 0
        """Requests that would have changed something and got a server error."""

    def request_started(self) -> None:
        """Count one `request_started`."""
        with self._lock:
            self.started += 1

    def request_finished(self) -> None:
        """Count one `request_finished`."""
        with self._lock:
            self.finished += 1

    def change_recorded(self) -> None:
        """Count one recorded change."""
        with self._lock:
            self.changes += 1

    def response_sent(self, status: int, milliseconds: float) -> None:
        """Count one response by its status class, and its duration."""
        status_class = f"{status // 100}xx"
        if status_class in self.status:
            self.status[status_class] += 1
        self.latency.observe(milliseconds)

    def layer_call_failed(self) -> None:
        """Count one failed call to the channel layer."""
        with self._lock:
            self.layer_errors += 1

    def tick(self) -> None:
        """Start the next second of the histograms."""
        self.latency.tick()
        self.delivery.tick()


counters = Counters()
"""The counters of this process."""
