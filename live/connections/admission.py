"""How many new sockets one process admits, and when refused clients may retry. Pure."""

from __future__ import annotations

from rest.rate_limit import TokenBucket

BURST_SECONDS = 2
"""Seconds of the rate that may be admitted at the same moment."""
MIN_RETRY = 1.0
"""Seconds after which the first refused client may retry."""
MAX_RETRY = 30.0
"""Seconds after which every refused client may retry."""


class AdmissionControl:
    """Admits at most `rate` new sockets a second, so that existing ones are not starved.

    Refused clients get retry times at the same rate, so that they do not all
    come back at the same moment. It does not know who connects. The clock is
    passed in, in seconds.
    """

    def __init__(self, *, rate: float, now: float) -> None:
        self._bucket = TokenBucket(rate=rate, burst=max(1.0, BURST_SECONDS * rate))
        self._interval = 1 / rate
        self._last_retry_at = now

    def admit(self, now: float) -> float | None:
        """Return None if the socket is admitted, else the seconds after which to retry."""
        if self._bucket.take(now):
            return None
        retry_at = max(self._last_retry_at + self._interval, now + MIN_RETRY)
        self._last_retry_at = min(retry_at, now + MAX_RETRY)
        return round(self._last_retry_at - now, 2)
