"""How many new sockets one process takes, and when the others may come again. Pure."""

from __future__ import annotations

from live.connections.state_machine import TokenBucket

BURST_SECONDS = 2
"""Seconds' worth of sockets that may come at the same moment."""
MIN_RETRY = 1.0
"""Seconds after which the first who is sent away may come again."""
MAX_RETRY = 30.0
"""The longest that anybody is sent away for, in seconds."""


class AdmissionControl:
    """Lets in `rate` sockets a second, so that newcomers leave time for those inside.

    Whoever is sent away is given a place in a line that moves as fast, so a
    crowd does not come back as a crowd. It does not know who knocks. The clock
    is passed in, in seconds.
    """

    def __init__(self, *, rate: float, now: float) -> None:
        self._bucket = TokenBucket(rate=rate, burst=max(1.0, BURST_SECONDS * rate), now=now)
        self._interval = 1 / rate
        self._last = now

    def admit(self, now: float) -> float | None:
        """Return None to whoever may come in, else the seconds after which to come again."""
        if self._bucket.take(now):
            return None
        place = max(self._last + self._interval, now + MIN_RETRY)
        self._last = min(place, now + MAX_RETRY)
        return round(self._last - now, 2)
