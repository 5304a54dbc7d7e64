"""How late the timers of the event loop wake: what every socket and every request waits for."""

from __future__ import annotations

import asyncio
from time import perf_counter

from live.histogram import Histogram, percentile

INTERVAL = 0.1
"""Seconds between two timers. A slower test clock does not make the event loop slower."""
MAX_MISSED = 600
"""Timers that one long block counts for at most: those of a minute."""


class LoopLag:
    """Counts for each timer how much later than asked it woke.

    A block of a second is not one late timer: nine more would have been late if they had been
    set. So each of them counts with the time that it would have waited.
    """

    def __init__(self) -> None:
        self._histogram = Histogram()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._task = asyncio.ensure_future(self._measure())

    def stop(self) -> None:
        """Stop measuring."""
        if self._task is not None:
            self._task.cancel()

    def tick(self) -> None:
        """Begin the next second of the last minute."""
        self._histogram.tick()

    def percentiles(self) -> dict[str, float | None]:
        """Return the lag of the last minute in ms."""
        buckets = self._histogram.buckets()
        return {"p50": percentile(buckets, 0.5), "p99": percentile(buckets, 0.99)}

    def observe(self, seconds: float) -> None:
        """Count a timer that woke this much too late, and those that were due meanwhile."""
        for number in range(MAX_MISSED):
            late = seconds - number * INTERVAL
            if number and late <= 0:
                return
            self._histogram.observe(max(0.0, late) * 1000)

    async def _measure(self) -> None:
        while True:
            due_at = perf_counter() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.observe(perf_counter() - due_at)
